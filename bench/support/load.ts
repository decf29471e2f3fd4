import { connect } from 'node:net';

/** Result of a load. */
export interface Result {
  readonly requests: number;
  /** Answers with another status than 200 or 201, and connections that broke. */
  readonly failed: number;
}

/**
 * Sends the same request again and again over `connections` kept-alive connections, one at a time on each, for `ms`
 * milliseconds. It looks only at status and Content-Length, so that it costs less than the server it measures.
 */
export async function load(port: number, request: string, connections: number, ms: number): Promise<Result> {
  const end = performance.now() + ms;
  const results = await Promise.all(Array.from({ length: connections }, () => one(port, request, end)));
  return {
    requests: results.reduce((sum, { requests }) => sum + requests, 0),
    failed: results.reduce((sum, { failed }) => sum + failed, 0),
  };
}

function one(port: number, request: string, end: number): Promise<Result> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    let requests = 0;
    let failed = 0;
    let pending = '';
    const next = () => {
      if (performance.now() < end) socket.write(request);
      else socket.end();
    };
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('connect', next);
    socket.on('data', (chunk: string) => {
      pending += chunk;
      const head = pending.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(pending.slice(0, head))?.[1] ?? 0);
      if (pending.length < head + 4 + length) return;
      if (!/^HTTP\/1.1 20[01]/.test(pending)) failed += 1;
      pending = pending.slice(head + 4 + length);
      requests += 1;
      next();
    });
    socket.on('error', () => {
      failed += 1;
    });
    socket.on('close', () => resolve({ requests, failed }));
  });
}
