/** A line of a family: what is put behind the family's name, the labels as `labels` writes them, and the value. */
export type Sample = readonly [suffix: string, labels: string, value: number];

/** Upper bounds of the buckets, seconds; a bound belongs to its bucket. */
const BOUNDS: readonly number[] = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** How often something took how long. */
export class Histogram {
  /** As many as there are bounds, and one for what is above them. */
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

/** Labels as they stand between a name and its value. */
export function labels(given: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(given).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return pairs.length > 0 ? `{${pairs.join()}}` : '';
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** A family of metrics, as Prometheus' text format has it; `name` is the whole name. */
export function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([suffix, labelled, value]) => `${name}${suffix}${labelled} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

/** What goes up only: one number, or one for each set of labels. */
export function counter(name: string, help: string, value: number | Iterable<readonly [string, number]>): string {
  return family(`flowchat_${name}_total`, 'counter', help, single(value));
}

/** What goes up and down. */
export function gauge(name: string, help: string, value: number | Iterable<readonly [string, number]>): string {
  return family(`flowchat_${name}`, 'gauge', help, single(value));
}

function single(value: number | Iterable<readonly [string, number]>): Sample[] {
  if (typeof value === 'number') return [['', '', value]];
  return [...value].map(([labelled, number]) => ['', labelled, number]);
}
