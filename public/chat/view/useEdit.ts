import { createContext, use } from 'react';

/** Puts a text into the composer, to be changed and sent anew. */
export type Edit = (text: string) => void;

/** Where the components below find the composer. */
export const EditContext = createContext<Edit>(() => undefined);

/** What puts a text into the composer. */
export const useEdit = (): Edit => use(EditContext);
