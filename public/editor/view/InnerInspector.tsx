import { brief } from '../model/card.ts';
import { shortName } from '../model/component.ts';
import { edgeKey, edgesOf, portName } from '../model/graph.ts';
import { activityAt, perSecond } from '../model/packets.ts';
import type { EditorState } from '../model/state.ts';
import { duration } from '../model/traces.ts';
import { EditorIcon, Glyph } from './EditorIcon.tsx';
import { Problems } from './Problems.tsx';
import { Unfold } from './Unfold.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** A node in an open subgraph: what it is and does. It is changed where the subgraph is. */
export function InnerInspector({ path }: { path: string }) {
  const frame = useEditorState(state => state.scene.parents.get(path) ?? '');
  const name = path.slice(frame.length + 1);
  const node = useEditorState(state => state.scene.graph.nodes.get(path));
  const component = useEditorState(state => state.components.get(node?.component ?? ''));
  const open = useEditorState(state => state.scene.frames.has(path));
  return (
    <>
      <div className="title">
        <span className="glyph">
          <Glyph name={component?.icon ?? ''} subgraph={component?.subgraph ?? false} />
        </span>
        <h2>{name}</h2>
        <p className="kind">{node?.component || 'no component'}</p>
      </div>
      {component && <p className="about">{component.description}</p>}
      <Problems path={path} />
      <Figures path={path} closed={!open && (component?.subgraph ?? false)} />
      <Settings path={path} />
      <Wires path={path} frame={frame} />
      {component?.subgraph && (
        <div className="actions">
          <Unfold path={path} open={open} words />
          <OpenAlone path={path} />
        </div>
      )}
      <Belonging frame={frame} />
    </>
  );
}

function Figures({ path, closed }: { path: string; closed: boolean }) {
  const words = useEditorState(state => figures(state, path, closed));
  return (
    <section>
      <h3>Now</h3>
      <p className="hint">{words}</p>
    </section>
  );
}

function figures({ rates, showsHeat: warm, preview }: EditorState, path: string, closed: boolean): string {
  const activity = warm && !preview ? activityAt(rates, path, closed) : undefined;
  if (!activity) return 'Nothing is measured here now.';
  const { perSecond: rate, ms, errors } = activity;
  const moving = rate > 0 ? `${perSecond(rate)} come in` : 'nothing comes in';
  const time = rate > 0 && ms > 0 ? `, ${duration(ms)} each` : '';
  return `${moving}${time}, ${errors === 1 ? '1 error' : `${errors || 'no'} errors`}`;
}

function Settings({ path }: { path: string }) {
  const graph = useEditorState(state => state.scene.graph);
  const own = graph.initials.filter(({ to }) => to.node === path);
  if (own.length === 0) return null;
  return (
    <section>
      <h3>Settings</h3>
      {own.map(({ to, data }, index) => (
        // They are as they are; there may be two of one port.
        <p key={index} className="joined">
          {portName(to)} <code>{brief(data)}</code>
        </p>
      ))}
    </section>
  );
}

/** The wires of a node in a subgraph, and the subgraph's ports that stand for its own. */
function Wires({ path, frame }: { path: string; frame: string }) {
  const editor = useEditor();
  const scene = useEditorState(state => state.scene);
  const name = (node: string) => node.slice(frame.length + 1);
  const lines = scene.frames.get(frame)?.lines.filter(({ node }) => node === path) ?? [];
  return (
    <section>
      <h3>Wires</h3>
      {lines.map(({ id, side, slot, inner }) => (
        <p key={id} className="joined">
          {inner.toUpperCase()} {side === 'in' ? 'from' : 'to'} outside, at {slot.toUpperCase()}
        </p>
      ))}
      {edgesOf(scene.graph, path).map(edge => (
        <p key={edgeKey(edge)} className="joined">
          <button
            type="button"
            className="plain"
            onClick={() => editor.select({ nodes: new Set(), edges: new Set([edgeKey(edge)]) })}
          >
            {edge.to.node === path
              ? `${portName(edge.to)} from ${name(edge.from.node)} ${portName(edge.from)}`
              : `${portName(edge.from)} to ${name(edge.to.node)} ${portName(edge.to)}`}
          </button>
        </p>
      ))}
    </section>
  );
}

/** Says where what is in a subgraph is changed. */
export function Belonging({ frame }: { frame: string }) {
  const component = useEditorState(state => state.scene.frames.get(frame)?.component ?? '');
  return (
    <section>
      <h3>In {frame}</h3>
      <p className="hint">
        This is a part of the component {component}. Change it in the graph {shortName(component)}; the change is in
        every node that is a {component}.
      </p>
      <div className="actions">
        <OpenAlone path={frame} words={`Open ${frame} alone`} />
      </div>
    </section>
  );
}

/** Shows the inside of a node on the whole canvas. */
export function OpenAlone({ path, words = 'Open alone' }: { path: string; words?: string }) {
  const editor = useEditor();
  return (
    <button type="button" onClick={() => void editor.watching.enter(path)}>
      <EditorIcon name="open" />
      {words}
    </button>
  );
}
