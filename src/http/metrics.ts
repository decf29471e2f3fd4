import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Counts } from '../gate/contract.ts';
import type { Observer, Outcome } from '../gate/gate.ts';
import type { ListenAddress } from '../host.ts';
import type { Log } from '../log.ts';
import { ownProblem, sendProblem } from './answer.ts';
import { OriginGuard } from './origins.ts';
import { HttpServer, withoutQuery } from './server.ts';

/** A line of a family: suffix of the family's name, formatted labels, value. */
type Sample = readonly [suffix: string, labels: string, value: number];

/** Inclusive upper bounds of the buckets in seconds. */
const BOUNDS: readonly number[] = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** Counts durations by bucket. */
export class Histogram {
  /** One per bound, and one for longer durations. */
  readonly #buckets: number[] = new Array(BOUNDS.length + 1).fill(0);
  #seconds = 0;

  note(seconds: number): void {
    let i = 0;
    while (i < BOUNDS.length && seconds > BOUNDS[i]!) i += 1;
    this.#buckets[i]! += 1;
    this.#seconds += seconds;
  }

  samples(label: Readonly<Record<string, string>> = {}): Sample[] {
    let count = 0;
    const buckets = this.#buckets.map((number, i): Sample => {
      count += number;
      return ['_bucket', labels({ ...label, le: String(BOUNDS[i] ?? '+Inf') }), count];
    });
    return [...buckets, ['_sum', labels(label), this.#seconds], ['_count', labels(label), count]];
  }
}

/** Formats labels for a metric line. */
export function labels(given: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(given).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return pairs.length > 0 ? `{${pairs.join()}}` : '';
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** A metric family in Prometheus text format; `name` is the full name. */
function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([suffix, labelled, value]) => `${name}${suffix}${labelled} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

type Value = number | Iterable<readonly [labelled: string, number: number]>;

/** A counter: one number, or one per set of labels. */
function counter(name: string, help: string, value: Value): string {
  return family(name, 'counter', help, single(value));
}

/** A gauge: one number, or one per set of labels. */
function gauge(name: string, help: string, value: Value): string {
  return family(name, 'gauge', help, single(value));
}

function single(value: Value): Sample[] {
  if (typeof value === 'number') return [['', '', value]];
  return [...value].map(([labelled, number]) => ['', labelled, number]);
}

/** Counts kept elsewhere, read at each scrape. */
interface Sources {
  readonly version: string;
  readonly questions: Counts;
  readonly hub: { readonly subscriptions: number; readonly delivered: number; readonly disconnected: number };
  readonly streams: number;
  readonly sockets: number;
  readonly connections: { readonly open: number; readonly backlog: number };
  readonly commits: { readonly count: number; readonly seconds: number };
  readonly ready: boolean;
  /** Number of the graph's active revision; undefined if it is stopped. */
  readonly revision: number | undefined;
}

/** Milliseconds between samples of the event loop's delay; each sample wakes the process. */
const POLL_MS = 50;

/** Counts what nothing else counts, and prints all metrics for Prometheus. */
export class Metrics {
  /** By status. */
  readonly #answers = new Map<number, number>();
  readonly #answering = new Histogram();
  /** By node. */
  readonly #nodes = new Map<string, Histogram>();
  /** By labels. */
  readonly #refusals = new Map<string, number>();
  readonly #errors = new Map<string, number>();
  readonly #unreadable = new Map<string, number>();
  #refusedRevisions = 0;
  /** Started by the first scrape. */
  readonly #lag = monitorEventLoopDelay({ resolution: POLL_MS });

  /** Counts an outcome of the gate, `ms` after its question was asked. */
  answered({ answer: { status }, node, spans }: Outcome, ms: number): void {
    count(this.#answers, status);
    this.#answering.note(ms / 1000);
    if (node !== undefined) count(this.#refusals, labels({ node, status }));
    for (const step of spans) {
      let histogram = this.#nodes.get(step.node);
      if (!histogram) {
        histogram = new Histogram();
        this.#nodes.set(step.node, histogram);
      }
      histogram.note(step.ms / 1000);
    }
  }

  /** Counts an uncaught error of a node. */
  failed(node: string): void {
    count(this.#errors, labels({ node }));
  }

  /** Counts a request that became no question. */
  unreadable(status: number): void {
    count(this.#unreadable, labels({ status }));
  }

  /** Counts a graph that was refused as the next revision. */
  refusedRevision(): void {
    this.#refusedRevisions += 1;
  }

  /** All metrics in text format 0.0.4. The event loop's delay covers the time since the last scrape. */
  text({ version, questions, hub, streams, sockets, connections, commits, ready, revision = 0 }: Sources): string {
    const byStatus = [...this.#answers].sort(([one], [other]) => one - other);
    const answers = byStatus.map(([status, number]) => [labels({ status }), number] as const);
    const nodes = [...this.#nodes].flatMap(([node, histogram]) => histogram.samples({ node }));
    const { asked, waiting, expired, rejected, crowded, aborted, orphaned } = questions;
    const { user, system } = process.cpuUsage();
    const { subscriptions, delivered, disconnected } = hub;
    const { open, backlog } = connections;
    const { rss, heapUsed } = process.memoryUsage();
    return [
      counter('flowchat_questions_total', 'Questions to the graph, also those for what a subscriber has missed', asked),
      counter('flowchat_answers_total', 'Answers by status; 499 is for a caller that hung up', answers),
      family('flowchat_answer_seconds', 'histogram', 'Seconds from question to answer', this.#answering.samples()),
      gauge('flowchat_waiting', 'Questions that wait for their answer', waiting),
      counter('flowchat_expired_total', 'Questions that got no answer in time, but 504', expired),
      counter('flowchat_turned_away_total', 'Questions that found no room or no graph, and got 503', rejected),
      counter('flowchat_crowding_total', 'Questions of callers who had too many waiting already, and got 429', crowded),
      counter('flowchat_hung_up_total', 'Questions whose caller hung up', aborted),
      counter(
        'flowchat_unwanted_total',
        'Answers that nobody waited for: late, second, or with an unknown id',
        orphaned,
      ),
      counter('flowchat_unreadable_total', 'Requests that became no question, by status', this.#unreadable),
      counter(
        'flowchat_refusals_total',
        'Answers that say no, by status and the node that refused, failed or hung',
        this.#refusals,
      ),
      counter('flowchat_node_errors_total', 'Errors that a node let out', this.#errors),
      nodes.length > 0 ? family('flowchat_node_seconds', 'histogram', 'Seconds at a node', nodes) : '',
      gauge('flowchat_ready', '1 while the graph runs and the store can be written', Number(ready)),
      gauge('flowchat_revision', 'Number of the live revision of the graph, 0 where it is stopped', revision),
      counter('flowchat_revision_swaps_total', 'Revisions that took the place of another', Math.max(0, revision - 1)),
      counter(
        'flowchat_revisions_refused_total',
        'Graphs that were to be the next revision and can not run',
        this.#refusedRevisions,
      ),
      family('flowchat_store_commit_seconds', 'summary', 'Transactions of the store', [
        ['_sum', '', commits.seconds],
        ['_count', '', commits.count],
      ]),
      gauge('flowchat_subscriptions', 'Subscriptions to topics, long polls among them', subscriptions),
      counter('flowchat_deliveries_total', 'Events delivered to subscribers', delivered),
      counter('flowchat_cut_total', 'Connections cut because they were too slow', disconnected),
      gauge('flowchat_streams', 'Open event streams (SSE)', streams),
      gauge('flowchat_sockets', 'Open WebSockets', sockets),
      gauge('flowchat_connections', 'Open connections of all kinds', open),
      gauge('flowchat_backlog_bytes', 'What was sent and has not left yet, over all connections', backlog),
      gauge(
        'flowchat_event_loop_lag_seconds',
        'How late the event loop was since somebody asked last',
        this.#lateness(),
      ),
      gauge('flowchat_info', 'What runs here', [[labels({ version, node: process.versions.node }), 1]]),
      gauge('process_resident_memory_bytes', 'Resident memory', rss),
      gauge('process_heap_bytes', 'Heap in use', heapUsed),
      counter('process_cpu_seconds_total', 'CPU time, user and system', (user + system) / 1e6),
      gauge('process_start_time_seconds', 'When the process began, since 1970', Date.now() / 1000 - process.uptime()),
    ].join('');
  }

  close(): void {
    this.#lag.disable();
  }

  #lateness(): (readonly [labelled: string, seconds: number])[] {
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - POLL_MS / 1000) || 0;
    const { mean, max } = this.#lag;
    const found = { mean: late(mean), p99: late(this.#lag.percentile(99)), max: late(max) };
    this.#lag.reset();
    this.#lag.enable();
    return Object.entries(found).map(([of, seconds]) => [labels({ of }), seconds]);
  }
}

/** Counts each outcome, and logs it if there is a log. */
export function observer(metrics: Metrics, log: Log | undefined): Observer {
  if (!log) return (outcome, _, ms) => metrics.answered(outcome, ms);
  return (outcome, { method, path }, ms) => {
    metrics.answered(outcome, ms);
    const { id: request, status } = outcome.answer;
    const { node } = outcome;
    log.debug(`${method} ${path} ${status}`, { request, method, path, status, ms: Number(ms.toFixed(3)), node });
  };
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Tracks a server's connections: how many are open, and how many bytes wait to be sent. */
export function connections(server: Server): () => Sources['connections'] {
  const open = new Set<Socket>();
  function forget(this: Socket): void {
    open.delete(this);
  }
  server.on('connection', socket => {
    open.add(socket);
    socket.on('close', forget);
  });
  return () => {
    let backlog = 0;
    for (const { writableLength } of open) backlog += writableLength;
    return { open: open.size, backlog };
  };
}

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A server for the metrics alone, at its own address, to keep them off the proxy. */
export function metricsServer(
  { host }: ListenAddress,
  allowedHosts: readonly string[],
  metrics: () => string,
): HttpServer {
  const guard = new OriginGuard({ host, allowedHosts, trustProxy: false, corsOrigins: [] });
  return new HttpServer(
    () => false,
    (request, response) => {
      request.resume();
      const fault = guard.fault(request);
      if (fault) sendProblem(response, ownProblem(fault.code, fault.detail));
      else if (withoutQuery(request.url) !== '/metrics')
        sendProblem(response, ownProblem('not-found', 'there is nothing but /metrics here'));
      else response.writeHead(200, { 'Content-Type': METRICS_TYPE }).end(metrics());
    },
  );
}
