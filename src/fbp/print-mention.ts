import type { Edge, Graph, Node } from '../fbp.ts';
import type { Plan } from './print-plan.ts';
import { equal } from './same.ts';
import type { Mention } from './statement.ts';
import { stemOf } from './text.ts';

/** A graph whose places are offsets, as its text has it; the same with its renamed nodes; what it becomes, and how. */
export interface Change {
  readonly said: Graph;
  readonly renamed: Graph;
  readonly meant: Graph;
  readonly names: ReadonlyMap<string, string>;
  readonly plan: Plan;
  /** By the edges of `renamed` in whose place they stand. */
  readonly detours: ReadonlyMap<Edge, readonly Edge[]>;
}

const WRITTEN = /([a-zA-Z_][\w-]*)?(?:\(([\w/-]*)(:[\w/=,]+)?\))?/y;

/** Changes how a text mentions nodes. Mentions are to be told in their order, as anonymous nodes are called by it. */
export class Rewording {
  readonly #text: string;
  readonly #names: ReadonlyMap<string, string>;
  /** What is declared at an offset. */
  readonly #declared = new Map<number, { readonly was: Node; readonly now: Node | undefined }>();
  /** The same by its words, `NAME(COMPONENT)`, for mentions that declare it again. */
  readonly #again = new Map<string, { readonly was: Node; readonly now: Node | undefined }>();
  readonly #gone: ReadonlySet<string>;
  readonly #stripped: ReadonlySet<string>;
  /** Stems of anonymous nodes' names whose count is another one from here on, so that they need their names. */
  readonly #shifted = new Set<string>();

  constructor(text: string, { said, renamed, meant, names, plan }: Change) {
    this.#text = text;
    this.#names = names;
    const left = new Set(meant.nodes.map(({ name }) => name));
    this.#gone = new Set(renamed.nodes.map(({ name }) => name).filter(name => !left.has(name)));
    this.#stripped = new Set([...plan.nodes.kept].filter(([was, now]) => !holds(now, was)).map(([{ name }]) => name));
    renamed.nodes.forEach((node, at) => {
      const was = said.nodes[at] as Node;
      const declared = { was, now: plan.nodes.kept.get(node) };
      this.#declared.set(node.place.column, declared);
      this.#again.set(`${was.name}(${was.component})`, declared);
    });
  }

  /** Says whether a mention declares a node, or gives it metadata, that there is to be. */
  declares(mention: Mention): boolean {
    return mention.component !== undefined && !this.isGone(mention);
  }

  /** Says whether what a mention says of its node is to go. */
  isGone(mention: Mention): boolean {
    const declared = this.#declared.get(mention.offset);
    return declared ? declared.now === undefined : this.#gone.has(this.name(mention));
  }

  /** The name that a mentioned node has now. */
  name({ name, offset }: Mention): string {
    return this.#nowOf(name ?? this.#declared.get(offset)?.was.name ?? '');
  }

  /** Where a mention ends. */
  end({ offset }: Mention): number {
    return offset + this.#written(offset)[0].length;
  }

  /** How a mention is to be written. */
  say(mention: Mention): string {
    const { name, component, offset } = mention;
    const [, , , metadata = ''] = this.#written(offset);
    const declared = this.#declared.get(offset);
    const now = this.name(mention);
    if (component === undefined) return now;
    const meant = (declared ?? this.#again.get(`${name}(${component})`))?.now?.component ?? component;
    const parentheses = this.declares(mention) ? `(${meant}${this.#stripped.has(now) ? '' : metadata})` : '';
    if (name !== undefined) return now + parentheses;
    const stays =
      now === declared?.was.name && meant === component && parentheses !== '' && !this.#shifted.has(stemOf(component));
    if (stays) return parentheses;
    this.#shifted.add(stemOf(component));
    return now + parentheses;
  }

  /** Notes that a mention is no longer there. */
  drop({ name, component }: Mention): void {
    if (name === undefined && component !== undefined) this.#shifted.add(stemOf(component));
  }

  #nowOf(name: string): string {
    return this.#names.get(name) ?? name;
  }

  #written(offset: number): RegExpExecArray {
    WRITTEN.lastIndex = offset;
    return WRITTEN.exec(this.#text) as RegExpExecArray;
  }
}

/** Says whether a node has all the metadata that another has. */
function holds({ metadata: all }: Node, { metadata: some }: Node): boolean {
  return Object.entries(some).every(([key, value]) => Object.hasOwn(all, key) && equal(all[key], value));
}
