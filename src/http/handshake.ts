import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuseRaw } from './answer.ts';

/** The version of WebSocket that there is. */
const VERSION = '13';

/** Why what looks like a handshake comes without `Upgrade`, and what to do about it. */
export const UPGRADE_LOST =
  'a proxy leaves Upgrade out; in nginx, proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade and ' +
  'proxy_set_header Connection "upgrade" pass it on';

/** Answers a handshake that can't become a WebSocket with a problem; hears `wsClientError` of a WebSocket server. */
export function refuseHandshake({ message }: Error, socket: Duplex, { headers }: IncomingMessage): void {
  const version = headers['sec-websocket-version'];
  if (version === VERSION || version === undefined)
    refuseRaw(socket, 400, `this is no handshake of a WebSocket: ${message}`);
  else
    refuseRaw(socket, 426, `WebSockets have version ${VERSION} here, not ${version}`, {
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': VERSION,
    });
}
