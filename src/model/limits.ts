/** The most characters of .fbp text that are read at once for an editor. */
export const MAX_PASTED_CHARACTERS = 64 * 1024;

/** The most bytes of a message of an editor. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** The most characters, as JSON, of an initial packet or of the metadata of a thing. */
export const MAX_DATA_CHARACTERS = 64 * 1024;

/** The largest index of an array port. */
export const LAST_INDEX = 9999;

/** How deep a packet, metadata or a property of a graph may nest, so that every file and reader can hold it. */
export const MAX_DEPTH = 500;

/** The most nodes, edges and initial packets that editors give a graph, so that no step of a publish holds the event loop for long. */
export const MAX_NODES = 1000;
export const MAX_EDGES = 4000;
export const MAX_INITIALS = 4000;

/** The most characters of the key by which a post that is sent again is known. */
export const MAX_KEY_LENGTH = 200;

/** The most bytes of the body of a request, and of a frame of the chat's socket. */
export const MAX_BODY_BYTES = 64 * 1024;

/** The most messages or rooms that one request gets. */
export const MAX_PAGE_LENGTH = 200;

/** The most seconds that a request may wait for a message. */
export const MAX_WAIT_S = 30;

/** The most rooms that one socket hears. */
export const MAX_SUBSCRIPTIONS = 100;

/** The most different emoji at one message, and the most reactions to it in all. */
export const MAX_EMOJI = 20;
export const MAX_REACTIONS = 300;

/** The fewest characters of an Owner-Key, so that nobody guesses it soon. */
export const MIN_OWNER_LENGTH = 8;

/** The fewest and the most characters of a password. */
export const MIN_PASSWORD = 10;
export const MAX_PASSWORD = 128;

/** The most people that join by one invitation, and the most days that it stands. */
export const MAX_INVITE_USES = 1000;
export const MAX_INVITE_DAYS = 365;

/** The most characters of why somebody is banned, and of what is wrong with a message that is reported. */
export const MAX_REASON_LENGTH = 500;
