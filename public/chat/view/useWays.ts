import { createContext, use } from 'react';

/** Has the editor show the way of a message, by its id. */
export type ShowWay = (message: string) => void;

/** Where the components below find it; nothing while no editor is open in this browser. */
export const WaysContext = createContext<ShowWay | undefined>(undefined);

/** What shows the way of a message; nothing while no editor is open in this browser. */
export const useShowWay = (): ShowWay | undefined => use(WaysContext);
