/** Under this name each browser keeps when a moderator has looked last at who has joined: the chat and the page of people. */
export const JOINS_SEEN = 'joinsSeen';
