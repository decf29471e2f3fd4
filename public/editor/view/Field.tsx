import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { brief } from '../model/card.ts';
import type { Declared } from '../model/component.ts';
import { set } from '../model/edits.ts';
import { kindOf, parsed, typed } from '../model/form.ts';
import { edgesOf, initialsAt, type Port } from '../model/graph.ts';
import { mayEdit } from '../model/state.ts';
import { useEditor, usePart } from './useEditor.ts';

/** A port that is set by a form made of its type. Enter or going elsewhere takes over what is typed. */
export function Field({ node, port }: { node: string; port: Declared }) {
  const id = useId();
  const editable = usePart(mayEdit);
  const at: Port = { node, port: port.name };
  const data = usePart(state => initialsAt(state.graph, at)[0]?.data);
  const source = usePart(
    state => edgesOf(state.graph, node).find(({ to }) => to.node === node && to.port === port.name)?.from,
  );
  const { value, fault, change, commit, leave } = useField(at, port, data);
  const faults = usePart(state => (state.glance ? undefined : state.status?.faults));
  const said = fault ?? faults?.find(each => each.node === node && each.port === port.name)?.sentence;
  const common = {
    id,
    disabled: !editable,
    'aria-describedby': `${id}-about`,
    'aria-invalid': said !== undefined,
  };
  return (
    <div className="field">
      <label htmlFor={id}>
        {port.name.toUpperCase()} <span className="type">{port.datatype}</span>
      </label>
      {source ? (
        <p className="hint">
          comes from {source.node} {source.port.toUpperCase()}
        </p>
      ) : (
        <Input port={port} value={value} change={change} commit={commit} leave={leave} common={common} />
      )}
      <p className="hint" id={`${id}-about`}>
        {port.description}
      </p>
      {said && <p className="wrong">{said}</p>}
    </div>
  );
}

function useField(at: Port, port: Declared, data: unknown) {
  const editor = useEditor();
  const kind = kindOf(port);
  const held = typed(data, kind);
  const [value, setValue] = useState(held);
  const [fault, setFault] = useState<string>();
  // What others set, and what is undone, shows at once.
  useEffect(() => {
    setValue(held);
    setFault(undefined);
  }, [held]);
  const commit = (text = value) => {
    if (text === held) return;
    const result = parsed(text, port.datatype, kind, data);
    setFault('fault' in result ? result.fault : undefined);
    if ('data' in result) editor.desk.edit(set(editor.state.graph, at, result.data));
  };
  const leave = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || value === held) return;
    // What was typed is left first, and the field by another Esc.
    event.preventDefault();
    setValue(held);
    setFault(undefined);
  };
  return { value, fault, change: setValue, commit, leave };
}

interface InputProps {
  readonly port: Declared;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly commit: (value?: string) => void;
  readonly leave: (event: KeyboardEvent) => void;
  readonly common: object;
}

function Input({ port, value, change, commit, leave, common }: InputProps) {
  const kind = kindOf(port);
  const choices = kind === 'switch' ? ['true', 'false'] : port.values.map(String);
  if (kind === 'choice' || kind === 'switch') {
    const chosen = (next: string) => {
      change(next);
      commit(next);
    };
    return (
      <select {...common} value={value} onChange={event => chosen(event.target.value)}>
        <option value="">{port.initial === undefined ? 'not set' : `not set: ${brief(port.initial)}`}</option>
        {choices.map(choice => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  }
  const onKeyDown = (event: KeyboardEvent) => {
    leave(event);
    if (event.key === 'Enter' && (kind !== 'json' || event.ctrlKey)) {
      event.preventDefault();
      commit();
    }
  };
  const field = {
    ...common,
    value,
    spellCheck: false,
    autoComplete: 'off',
    placeholder: port.initial === undefined ? 'not set' : brief(port.initial),
    onChange: (event: { target: { value: string } }) => change(event.target.value),
    onBlur: () => commit(),
    onKeyDown,
  };
  if (kind === 'json') return <textarea {...field} rows={3} />;
  return <input {...field} inputMode={kind === 'number' ? 'decimal' : 'text'} />;
}
