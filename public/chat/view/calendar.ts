import { Calendar } from '../model/calendar.ts';

/** The calendar of whoever reads this page. */
export const calendar = new Calendar(navigator.language);
