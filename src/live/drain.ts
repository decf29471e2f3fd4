import type { Duplex } from 'node:stream';

/** Resolves when a connection takes more, or is gone. */
export function drained(socket: Duplex): Promise<void> {
  if (!socket.writableNeedDrain) return Promise.resolve();
  return new Promise(resolve => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}
