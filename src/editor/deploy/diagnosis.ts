import { specsOf } from '../../check/graph-index.ts';
import { guardOf } from '../../check/packet-paths.ts';
import type { GraphDocument } from '../../fbp/document.ts';
import { diagnostic } from '../../model/diagnostic.ts';
import type { Graph } from '../../model/graph.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Objection } from '../draft/allow-list.ts';
import { type CodeDraft, isSubgraph } from '../draft/code-draft.ts';
import { type DraftFault, type DraftFindings, draftFaults, examineDraft, staleCode } from '../draft/examine.ts';
import type { Deployer } from './deployer.ts';
import type { GraphEvent } from './graph-event.ts';

export interface DiagnosisDeps {
  readonly runtime: Runtime;
  readonly deployer: Deployer;
  readonly code: CodeDraft;
  /** All components, including drafted code. */
  readonly library: Registry;
  /** The parts of a graph that only clients with the code right may publish. */
  objections(graph: Graph): readonly Objection[];
  emit(event: GraphEvent): void;
}

/** The draft's current faults and warnings; each change of them is emitted. */
export class Diagnosis {
  readonly #deps: DiagnosisDeps;
  #findings: DraftFindings = { faults: [], warnings: [] };

  constructor(deps: DiagnosisDeps) {
    this.#deps = deps;
  }

  get findings(): DraftFindings {
    return this.#findings;
  }

  /** Finds the draft's faults and warnings. */
  async examine(document: GraphDocument, graph: Graph): Promise<void> {
    const { code, objections } = this.#deps;
    const { faults, warnings } = await this.#examined(document);
    this.#findings = { faults, warnings };
    this.blame([...faults, ...staleCode(code, graph), ...objections(graph)]);
  }

  /** Finds the draft's warnings. Resolves to whether it has no faults. */
  async warn(document: GraphDocument): Promise<boolean> {
    const { faults, warnings } = await this.#examined(document);
    this.#findings = { ...this.#findings, warnings };
    this.#deps.emit({ kind: 'state' });
    return faults.length === 0;
  }

  /** As `warn`. Resolves to whether the draft has no faults, but warnings that the live graph lacks. */
  async hasNews(document: GraphDocument): Promise<boolean> {
    if (!(await this.warn(document))) return false;
    const known = new Set(this.#deps.runtime.live?.warnings.map(({ sentence }) => sentence));
    return this.#findings.warnings.some(({ sentence }) => !known.has(sentence));
  }

  async #examined(document: GraphDocument): Promise<DraftFindings> {
    const { faults, warnings } = await examineDraft(document, this.#deps);
    return { faults, warnings: [...warnings, ...this.#guardRemoved(document), ...this.#codeStays()] };
  }

  /** Warns of drafted code that other processes would lack. */
  #codeStays(): readonly DraftFault[] {
    const { deployer, code } = this.#deps;
    const components = code.all.filter(each => !isSubgraph(each)).map(({ name }) => name);
    if (!deployer.isShared || components.length === 0) return [];
    return [{ ...diagnostic('code-stays', { components }), line: 1, column: 1 }];
  }

  /** Warns if the live graph has a guard node and the draft has none. */
  #guardRemoved(document: GraphDocument): readonly DraftFault[] {
    const { deployer, library } = this.#deps;
    const guardIn = ({ graph }: GraphDocument) => guardOf(graph, specsOf(graph, library));
    const guard = deployer.live && guardIn(deployer.live.document);
    if (guard === undefined || guardIn(document) !== undefined) return [];
    return [{ ...diagnostic('guard-removed', { guard }), line: 1, column: 1 }];
  }

  /** Reports why publishing the draft failed. */
  async failed(error: unknown, document: GraphDocument): Promise<void> {
    this.blame(await draftFaults(error, document, this.#deps.library));
  }

  /** Clears all faults. */
  clear(): void {
    if (this.#findings.faults.length > 0) this.blame([]);
  }

  blame(faults: readonly DraftFault[]): void {
    this.#findings = { ...this.#findings, faults };
    this.#deps.emit({ kind: 'faults', faults });
  }
}
