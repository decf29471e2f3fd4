import { join, parse } from 'node:path';
import { printFault } from '../../check/check.ts';
import { GraphDocument } from '../../fbp/document.ts';
import { sidecar } from '../../fbp/print.ts';
import { emptyGraph, type Graph } from '../../model/graph.ts';
import { Refused } from '../../model/refused.ts';
import type { Registry } from '../../registry/registry.ts';
import { NAMESPACE } from '../../registry/sources.ts';
import type { AllowList, Objection } from './allow-list.ts';
import { type CodeDraft, isGraphFile, isSubgraph, nodesOf, save } from './code-draft.ts';
import { GraphDraft } from './graph-draft.ts';

/** A subgraph as last read. */
interface KnownSubgraph {
  readonly document: GraphDocument;
  readonly draft: GraphDraft;
}

interface SubgraphDraftsDeps {
  readonly root: string;
  /** All components, including drafts. */
  readonly library: Registry;
  readonly code: CodeDraft;
  readonly allowed: AllowList;
}

/**
 * The project's subgraphs as editors change them. A changed subgraph is a draft of its file, is published with the main
 * graph, and may contain every component that needs no code right.
 */
export class SubgraphDrafts {
  readonly #deps: SubgraphDraftsDeps;
  readonly #known = new Map<string, KnownSubgraph>();
  /** New empty subgraphs; they are no part of the draft yet. */
  readonly #begun = new Map<string, GraphDraft>();

  constructor(deps: SubgraphDraftsDeps) {
    this.#deps = deps;
  }

  /**
   * The current state of a subgraph, by its component name; undefined if there is none. Throws Refused if it can't be
   * read.
   */
  find(id: string): GraphDraft | undefined {
    const path = this.#path(id);
    if (path === undefined) return this.#begun.get(id);
    const document = this.#now(path);
    const known = this.#known.get(id);
    if (known?.document.isSame(document)) return known.draft;
    const [fault] = document.faults;
    if (fault) throw new Refused(`${printFault(fault)}; mend that in the file, or send its source`);
    const draft = new GraphDraft(id, document.graph);
    this.#known.set(id, { document, draft });
    return draft;
  }

  /** Creates an empty subgraph. Throws Refused for an invalid name, or if it already exists with contents. */
  begin(id: string): GraphDraft {
    const name = id.slice(NAMESPACE.length + 1);
    if (!/^[A-Z][A-Za-z0-9]{0,63}$/.test(name))
      throw new Refused(`"${name}" can't name a subgraph; take a capital, then letters and digits, at most 64`);
    const there = this.find(id);
    if (there?.graph.nodes.length === 0) return there;
    if (there || this.#deps.library.source(id)?.name === id)
      throw new Refused(`there is a component ${id} already; take another name`);
    // On a case-insensitive file system it may be another graph's file.
    const file = `graphs/${name}.fbp`;
    if (this.#deps.code.now(file) !== undefined)
      throw new Refused(`there is a file ${file} already; take another name`);
    const draft = new GraphDraft(id, emptyGraph(file));
    this.#begun.set(id, draft);
    return draft;
  }

  /**
   * Drafts a changed subgraph; a new one that is empty is not drafted. Returns a function that undoes it. Throws
   * Refused if the draft would become too large.
   */
  take(draft: GraphDraft): () => void {
    const { root, code } = this.#deps;
    const { id } = draft;
    const graph = { ...draft.graph, properties: unsaid(draft) };
    const path = this.#path(id) ?? graph.file;
    if (graph.nodes.length === 0 && code.now(path) === undefined) {
      this.#begun.set(id, draft);
      return code.drop(id);
    }
    const before = this.#now(path);
    const document = before.with({ ...graph, file: path }, this.#inFile(path));
    this.#known.set(id, { document, draft });
    if (document === before) return () => {};
    return code.take(
      id,
      [
        { path: join(root, sidecar(path)), text: document.layout || undefined },
        { path: join(root, path), text: document.text },
      ],
      true,
    );
  }

  /** Drafted components that need the code right to be published. */
  get needingCode(): readonly string[] {
    const { code } = this.#deps;
    const found = new Set(this.objections(emptyGraph()).map(({ within }) => within));
    return code.all
      .filter(({ name, files }) => found.has(name) || !isSubgraph({ name, files }))
      .map(({ name }) => name);
  }

  /** The parts of drafted subgraphs that need the code right: what is not in their files. */
  objections(main: Graph): readonly Objection[] {
    const { code, allowed } = this.#deps;
    return code.all.flatMap(({ name, files }) => {
      const path = files.map(({ path }) => path).find(isGraphFile);
      const draft = path === undefined ? undefined : this.find(name);
      if (path === undefined || !draft) return [];
      const [node] = nodesOf(main, name);
      return allowed
        .objections(draft.graph, () => [this.#inFile(path).graph])
        .map(objection => ({
          code: objection.code,
          params: objection.params,
          sentence: `in ${name}: ${objection.sentence}`,
          within: name,
          line: objection.line,
          column: objection.column,
          ...(node !== undefined && { node, inner: `${node}/${objection.node}` }),
        }));
    });
  }

  /** The subgraphs of a graph, as in their files. */
  inFiles(graph: Pick<Graph, 'nodes'>): readonly GraphDocument[] {
    const found = new Map<string, GraphDocument>();
    const visit = ({ nodes }: Pick<Graph, 'nodes'>) => {
      for (const { component } of nodes) {
        const { name, path } = this.#deps.library.source(component) ?? {};
        const file = path?.slice(this.#deps.root.length + 1);
        if (file === undefined || !name?.startsWith(`${NAMESPACE}/`) || !isGraphFile(file) || found.has(file)) continue;
        const document = this.#inFile(file);
        found.set(file, document);
        visit(document.graph);
      }
    };
    visit(graph);
    return [...found.values()];
  }

  /**
   * Drafts earlier subgraphs instead of all present drafts of subgraphs. Returns a function that undoes it. Throws
   * Refused if the draft would become too large.
   */
  become(subgraphs: readonly GraphDocument[]): () => void {
    const { root, code } = this.#deps;
    const drafted = code.all.filter(isSubgraph).map(
      ({ name }) =>
        () =>
          code.drop(name),
    );
    const earlier = subgraphs.map(({ file, text, layout }) => {
      const files = [
        { path: join(root, sidecar(file)), text: layout || undefined },
        { path: join(root, file), text },
      ];
      return () => code.take(`${NAMESPACE}/${parse(file).name}`, files);
    });
    const restore: (() => void)[] = [];
    const takeBack = () => {
      for (const one of restore.toReversed()) one();
    };
    try {
      for (const change of [...drafted, ...earlier]) restore.push(change());
    } catch (error) {
      takeBack();
      throw error;
    }
    return takeBack;
  }

  /**
   * Writes earlier subgraphs to their files, for an earlier graph, and drafts the previous contents. Returns a function
   * that undoes it. Does nothing if one of the files can't be parsed. Throws Refused if they can't be written.
   */
  putBack(subgraphs: readonly GraphDocument[]): () => void {
    const { code } = this.#deps;
    const before = subgraphs.flatMap(({ file }) => (code.now(file) === undefined ? [] : this.#inFile(file)));
    if (before.some(({ faults }) => faults.length > 0)) return () => {};
    const undraft = this.become(subgraphs);
    const unplace = code.place(true);
    code.prune();
    const forget = this.become(before);
    return () => {
      forget();
      unplace();
      undraft();
    };
  }

  /**
   * A subgraph as in its file, for a change that is published alone. Throws Refused if it is drafted or can't be read.
   */
  undrafted(id: string): GraphDocument {
    if (this.#deps.code.names.includes(id)) {
      const cure = 'save again once that is published or discarded';
      throw new Refused(`somebody is changing ${id} in the editor, which is not live yet; ${cure}`);
    }
    const path = this.#path(id);
    if (path === undefined) throw new Refused(`there is no subgraph ${id} any more; look at it again`);
    const document = this.#inFile(path);
    const [fault] = document.faults;
    if (fault) throw new Refused(`${printFault(fault)}; mend that in the file`);
    return document;
  }

  /**
   * Writes subgraphs without drafts to their files. Returns a function that undoes it. Throws Refused if they can't be
   * written.
   */
  write(subgraphs: readonly GraphDocument[]): () => void {
    const names = subgraphs.map(({ file }) => file).join(', ');
    const files = [...textsOf(subgraphs)].map(([path, text]) => ({ path: join(this.#deps.root, path), text }));
    return save(names, files);
  }

  #path(id: string): string | undefined {
    const { root, library, code } = this.#deps;
    const drafted = code.all.find(({ name }) => name === id)?.files.map(({ path }) => path);
    const found = library.source(id);
    const path = found?.name === id ? found.path.slice(root.length + 1) : undefined;
    return [...(drafted ?? []), ...(path === undefined ? [] : [path])].find(isGraphFile);
  }

  #inFile(path: string): GraphDocument {
    const { code } = this.#deps;
    return new GraphDocument(path, code.now(path) ?? '', code.now(sidecar(path)));
  }

  #now(path: string): GraphDocument {
    const { root, library } = this.#deps;
    const text = (file: string) => library.text(join(root, file)) ?? '';
    return new GraphDocument(path, text(path), text(sidecar(path)));
  }
}

/** The contents of the files of subgraphs, by path; sidecars first, since a layout without its graph is harmless. */
export function textsOf(subgraphs: readonly GraphDocument[]): ReadonlyMap<string, string | undefined> {
  return new Map([
    ...subgraphs.map(({ file, layout }) => [sidecar(file), layout || undefined] as const),
    ...subgraphs.map(({ file, text }) => [file, text] as const),
  ]);
}

/** The properties of a subgraph without those that some editors send, and that its file's name implies. */
function unsaid({ id, graph: { properties } }: GraphDraft): Graph['properties'] {
  const [library, name] = id.split('/');
  const isSaid = (key: string, value: unknown) =>
    (key === 'library' && value === library) || (key === 'name' && (value === name || value === id));
  return Object.fromEntries(Object.entries(properties).filter(entry => !isSaid(...entry)));
}
