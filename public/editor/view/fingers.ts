/** Whether the page is used by fingers, which drag what they touch, and have no keys. */
export const byFingers = (): boolean => matchMedia('(hover: none)').matches;
