const refusals: Readonly<Record<number, string>> = {
  400: 'The server does not understand the address of this room.',
  401: 'You have to sign in to read this room.',
  403: 'You may not read this room.',
  404: 'This server has no such room.',
  405: 'This server shows no rooms.',
  422: 'The server does not take the address of this room.',
};

/** Why a room can't be read, for people, by the HTTP status of the server's refusal. */
export const roomRefusal = (status: number): string =>
  refusals[status] ?? `The server refuses to show this room (status ${status}).`;

const pauses: Readonly<Record<number, string>> = {
  408: 'The server did not get the message in time',
  429: 'Too many messages at once',
  500: 'Something failed in the server',
  503: 'The server has too much to do',
  504: 'The server took too long',
};

/** Why a message has to wait, for people, by the HTTP status of the server's refusal. */
export const pauseReason = (status: number): string =>
  pauses[status] ?? `The server can't take the message now (status ${status})`;
