import { ROOM_NAME } from './name.ts';

const ROOM = ROOM_NAME.source.slice(1, -1);
const TARGET = new RegExp(`^(?:#/${ROOM}(?:/[1-9]\\d{0,14})?|editor/|people/(?:#[a-z]{0,20})?)$`);

/** Whether somebody may be sent here after signing in: to a room, a message, the editor or the page of people, relative to the site's base. */
export const isReturnTarget = (to: unknown): to is string => typeof to === 'string' && TARGET.test(to);
