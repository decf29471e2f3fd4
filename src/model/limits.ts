/** Limit of .fbp text that is parsed at once for an editor, in characters. */
export const MAX_PASTED_CHARACTERS = 64 * 1024;

/** Limit of a message from an editor, in bytes. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Limit of an initial packet or of metadata, in characters of JSON. */
export const MAX_DATA_CHARACTERS = 64 * 1024;

/** The largest index of an array port. */
export const LAST_INDEX = 9999;

/** Nesting limit of packets, metadata and graph properties: every file format and reader can hold it. */
export const MAX_DEPTH = 500;

/**
 * Limit of nodes, edges and initial packets in an edited graph, so that no step of a publish blocks the event loop for
 * long.
 */
export const MAX_NODES = 1000;
export const MAX_EDGES = 4000;
export const MAX_INITIALS = 4000;

/** Limit of the key that identifies a repeated post, in characters. */
export const MAX_KEY_LENGTH = 200;

/** Limit of a request's body and of a frame of the chat's socket, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024;

/** Limit of messages or rooms in one response. */
export const MAX_PAGE_LENGTH = 200;

/** Limit of a long poll, in seconds. */
export const MAX_WAIT_S = 30;

/** Limit of subscribed rooms per socket. */
export const MAX_SUBSCRIPTIONS = 100;

/** Limits of a message: different emoji, and reactions in total. */
export const MAX_EMOJI = 20;
export const MAX_REACTIONS = 300;

/** Minimal length of an Owner-Key, so that it is hard to guess. */
export const MIN_OWNER_LENGTH = 8;

/** Limits of a password, in characters. */
export const MIN_PASSWORD = 10;
export const MAX_PASSWORD = 128;

/** Limits of an invitation: people, and days until it expires. */
export const MAX_INVITE_USES = 1000;
export const MAX_INVITE_DAYS = 365;

/** Limit of the reason of a ban or of a report, in characters. */
export const MAX_REASON_LENGTH = 500;
