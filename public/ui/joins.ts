/** The storage key for when a moderator last looked at joins, shared by the chat and the page of people. */
export const JOINS_SEEN = 'joinsSeen';
