import type { Address } from '../settings/host.ts';
import { refuse } from './answer.ts';
import { OriginGuard } from './origin-guard.ts';
import { problem } from './problem.ts';
import { HttpServer } from './server.ts';
import { pathOf } from './url.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A server for the metrics alone, at an address of its own, which no proxy hands on. */
export function metricsServer({ host }: Address, allowedHosts: readonly string[], metrics: () => string): HttpServer {
  const guard = new OriginGuard({ host, allowedHosts, trustProxy: false, corsOrigins: [] });
  return new HttpServer(
    () => false,
    (request, response) => {
      request.resume();
      const fault = guard.fault(request);
      if (fault) refuse(response, problem(fault));
      else if (pathOf(request.url) !== '/metrics')
        refuse(response, problem({ status: 404, detail: 'there is nothing but /metrics here' }));
      else response.writeHead(200, { 'Content-Type': METRICS_TYPE }).end(metrics());
    },
  );
}
