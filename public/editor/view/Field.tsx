import { type FormEvent, type InputHTMLAttributes, type KeyboardEvent, useId, useState } from 'react';
import type { PortRef } from '../../../src/model/graph.ts';
import { brief } from '../model/card.ts';
import { type DeclaredPort, isNeeded, settingTitle } from '../model/component.ts';
import { setEdit } from '../model/edits.ts';
import { kindOf, parsed, typed } from '../model/form.ts';
import { edgesOf, initialsAt } from '../model/graph.ts';
import { dataFault } from '../model/size-limits.ts';
import { shownFaults, shownWarnings } from '../model/state.ts';
import type { LocatedFault } from '../model/status.ts';
import { useEditorState, useFormGraph } from './useEditor.ts';

/**
 * Text of a field whose value others may change too. An untouched field follows `stored`; typed text stays, and `stale`
 * says that the value has changed meanwhile.
 */
function useTyped(stored: string) {
  const [before, setTyped] = useState({ value: stored, stored, stale: false });
  let typed = before;
  if (stored !== before.stored) {
    const untouched = before.value === before.stored;
    const value = untouched ? stored : before.value;
    typed = { value, stored, stale: value !== stored };
    setTyped(typed);
  }
  return {
    value: typed.value,
    stale: typed.stale,
    type: (value: string) => setTyped(({ stored, stale }) => ({ value, stored, stale: stale && value !== stored })),
    /** Discards typed text. */
    reset: () => setTyped(({ stored }) => ({ value: stored, stored, stale: false })),
  };
}

interface NameFieldProps extends InputHTMLAttributes<HTMLInputElement> {
  readonly stored: string;
  readonly faultOf: (name: string) => string | undefined;
  readonly rename: (to: string) => void;
}

/** The name of a node or a group. Enter or leaving the field renames it; `children` are shown beside the input. */
export function NameField({ stored, faultOf, rename, children, ...attributes }: NameFieldProps) {
  const { value, stale, type, reset } = useTyped(stored);
  const fault = faultOf(value);
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (value !== stored && !fault) rename(value);
  };
  const input = (
    <input
      {...attributes}
      value={value}
      data-stored={stored}
      spellCheck={false}
      autoComplete="off"
      aria-invalid={fault !== undefined}
      onChange={event => type(event.target.value)}
      // Leaving the field does not overwrite another editor's change; that needs Enter.
      onBlur={() => stale || submit()}
      onKeyDown={event => {
        if (event.key !== 'Escape' || value === stored) return;
        // Escape discards typed text first; a second Escape leaves the field.
        event.preventDefault();
        reset();
      }}
    />
  );
  return (
    <form onSubmit={submit}>
      {children ? (
        <div className="row">
          {input}
          {children}
        </div>
      ) : (
        input
      )}
      {stale && (
        <p className="overtaken">
          Another editor renamed this to {stored}. Enter keeps your name, Escape takes theirs.
        </p>
      )}
      {fault && <p className="wrong">{fault}</p>}
    </form>
  );
}

/** A port's setting, with an input for its type. Enter or leaving the field saves it. */
export function Field({ node, port }: { node: string; port: DeclaredPort }) {
  const id = useId();
  const { graph, editable, pathOf } = useFormGraph();
  const at: PortRef = { node, port: port.name };
  const [initial] = initialsAt(graph, at);
  const source = edgesOf(graph, node).find(({ to }) => to.node === node && to.port === port.name)?.from;
  const { value, stored, fault, other, ...hand } = useField(at, port, initial?.data);
  const faults = useEditorState(shownFaults);
  const warnings = useEditorState(shownWarnings);
  const isOwn = (each: LocatedFault) => each.node === pathOf(node) && each.port === port.name;
  const sentences = (found: readonly LocatedFault[]) =>
    found
      .filter(isOwn)
      .map(({ sentence }) => sentence)
      .join('\n') || undefined;
  const said = fault ?? sentences(faults);
  const warned = sentences(warnings);
  const common = {
    id,
    'data-stored': stored,
    'aria-required': isNeeded(port),
    disabled: !editable,
    'aria-describedby': [`${id}-about`, said && `${id}-wrong`, warned && `${id}-warned`].filter(Boolean).join(' '),
    'aria-invalid': said !== undefined,
  };
  return (
    <div className="field">
      <label htmlFor={id}>
        {settingTitle(port)} <span className="type">{port.form?.title ? port.name.toUpperCase() : port.datatype}</span>
        {isNeeded(port) && <span className="needed"> required</span>}
      </label>
      {source ? (
        <p className="hint">
          comes from {source.node} {source.port.toUpperCase()}
        </p>
      ) : (
        <Input port={port} value={value} {...hand} stale={other !== undefined} common={common} />
      )}
      <p className="hint" id={`${id}-about`}>
        {port.description}
        {port.form?.secret && '. The secret itself stays on the server, in the folder secrets of DATA or in a variable'}
      </p>
      <div role="status">{other && <p className="overtaken">{other}</p>}</div>
      {said && (
        <p className="wrong" id={`${id}-wrong`}>
          {said}
        </p>
      )}
      {warned && (
        <p className="overtaken" id={`${id}-warned`}>
          {warned}
        </p>
      )}
    </div>
  );
}

function useField(at: PortRef, port: DeclaredPort, data: unknown) {
  const { graph, edit } = useFormGraph();
  const kind = kindOf(port);
  const stored = typed(data, kind);
  const { value, stale, type, reset } = useTyped(stored);
  const [fault, setFault] = useState<string>();
  const change = (text: string) => {
    type(text);
    setFault(undefined);
  };
  const commit = (text = value) => {
    if (text === stored) return;
    const result = parsed(text, port.datatype, kind, data);
    const wrong = 'fault' in result ? result.fault : dataFault(result.data);
    setFault(wrong);
    if (wrong !== undefined || !('data' in result)) return;
    // Shows the text in its stored form.
    type(typed(result.data, kind));
    edit(setEdit(graph, at, result.data));
  };
  const key = isLong(kind) ? 'Ctrl Enter' : 'Enter';
  const now = data === undefined ? 'cleared this' : `set this to ${brief(data)}`;
  const other = stale ? `Another editor ${now}. ${key} keeps your value, Escape takes theirs.` : undefined;
  const leave = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || value === stored) return;
    // Escape discards typed text first; a second Escape leaves the field.
    event.preventDefault();
    reset();
    setFault(undefined);
  };
  return { value, stored, fault, other, change, commit, leave };
}

/** Whether Enter starts a new line in a field. */
const isLong = (kind: ReturnType<typeof kindOf>): boolean => kind === 'json' || kind === 'lines';

interface InputProps {
  readonly port: DeclaredPort;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly commit: (value?: string) => void;
  readonly leave: (event: KeyboardEvent) => void;
  /** Whether the value changed since typing began. */
  readonly stale: boolean;
  readonly common: object;
}

function Input({ port, value, change, commit, leave, stale, common }: InputProps) {
  const kind = kindOf(port);
  const chosen = (next: string) => {
    change(next);
    commit(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    leave(event);
    if (event.key === 'Enter' && (!isLong(kind) || event.ctrlKey)) {
      event.preventDefault();
      commit();
    }
  };
  // Leaving the field does not overwrite another editor's change; that needs Enter.
  const typed = { onBlur: () => stale || commit(), onKeyDown };
  const { values, initial } = port;
  const input = <Control {...{ kind, values, initial, value, change, common, chosen, typed }} rows={3} />;
  const unit = port.form?.unit;
  if (unit === undefined || isLong(kind) || isChosen(kind)) return input;
  return (
    <div className="row">
      {input}
      <span className="unit">{unit}</span>
    </div>
  );
}

/** Whether a value is one of a list. */
const isChosen = (kind: ReturnType<typeof kindOf>): boolean => kind === 'choice' || kind === 'switch';

interface ControlProps {
  readonly kind: ReturnType<typeof kindOf>;
  readonly values: readonly unknown[];
  /** The default value. */
  readonly initial: unknown;
  readonly value: string;
  /** Visible lines of a multi-line text. */
  readonly rows: number;
  readonly change: (value: string) => void;
  /** Called instead of `change` for a selection from a list. */
  readonly chosen?: (value: string) => void;
  readonly common: object;
  /** Attributes of the text input. */
  readonly typed?: object;
}

/** The input of a setting: a list of choices, several lines, or one. */
export function Control({ kind, values, initial, value, rows, change, chosen = change, common, typed }: ControlProps) {
  if (isChosen(kind)) {
    return (
      <select {...common} value={value} onChange={event => chosen(event.target.value)}>
        <option value="">{initial === undefined ? 'not set' : `not set: ${brief(initial)}`}</option>
        {(kind === 'switch' ? ['true', 'false'] : values.map(String)).map(choice => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  }
  const field = {
    ...common,
    ...typed,
    value,
    spellCheck: false,
    autoComplete: 'off',
    placeholder: initial === undefined ? 'not set' : brief(initial),
    onChange: (event: { target: { value: string } }) => change(event.target.value),
  };
  if (isLong(kind)) return <textarea {...field} rows={rows} />;
  return <input {...field} inputMode={kind === 'number' ? 'decimal' : 'text'} />;
}
