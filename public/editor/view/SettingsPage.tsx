import { type FormEvent, useEffect, useId, useState } from 'react';
import { Logo } from '../../ui/Icon.tsx';
import {
  fieldOf,
  type PageSetting,
  readTyped,
  type refusalOf,
  sectionsOf,
  settingKey,
  shownValue,
  type ToldSettings,
} from '../model/form.ts';
import { Button } from './Button.tsx';
import { Glyph } from './EditorIcon.tsx';
import { Control } from './Field.tsx';
import { SignOut } from './SignOut.tsx';
import { useEditor, useEditorState, useListener } from './useEditor.ts';

/** Limit of rows of a text without scrolling. */
const MAX_ROWS = 12;

type Refusal = ReturnType<typeof refusalOf>;

/** The live graph's settings as a form, without the graph: for a moderator, also on a phone. */
export function SettingsPage() {
  const editor = useEditor();
  const settings = useEditorState(state => state.settings);
  const alone = useEditorState(state => state.onlySettings);
  const lost = useEditorState(state => state.link.kind !== 'live');
  useEffect(() => {
    document.title = 'Settings · flowchat';
  }, []);
  return (
    <div className="settings-page">
      <header className="header">
        <Logo />
        <h1>Settings of the chat</h1>
        <span className="grow" />
        {!alone && <Button onClick={() => editor.settings.show(false)}>Back to the graph</Button>}
        <SignOut />
      </header>
      <main>
        <p role="status" className="lost">
          {lost && 'The server does not answer; trying again. What you typed stays.'}
        </p>
        {settings && <SettingsFields settings={settings} />}
      </main>
    </div>
  );
}

function SettingsFields({ settings }: { settings: ToldSettings }) {
  const editor = useEditor();
  const [texts, setTexts] = useState<ReadonlyMap<string, string>>(new Map());
  const [refusal, setRefusal] = useState<Refusal>();
  const [saving, setSaving] = useState(false);
  const [done, setDone] = useState('');
  const { values, faults } = readTyped(settings, texts);
  const changed = values.length + faults.size;
  useListener('beforeunload', event => changed > 0 && event.preventDefault());
  // Shows values that others changed, unless something is typed.
  useListener('focus', () => changed === 0 && void editor.settings.load());
  const type = (key: string, text: string) => {
    setTexts(before => new Map(before).set(key, text));
    setRefusal(undefined);
    setDone('');
  };
  const save = async (force: boolean) => {
    if (faults.size > 0) return setRefusal({ faults, others: [], changed: [], mayForce: false });
    if (values.length === 0 || saving) return;
    setSaving(true);
    const refused = await editor.settings.save(values, force);
    setSaving(false);
    setRefusal(refused);
    if (refused) return;
    setTexts(new Map());
    setDone('Saved. It is live now.');
  };
  useEffect(() => {
    if (refusal && refusal.faults.size > 0)
      document.querySelector<HTMLElement>('.settings-page [aria-invalid="true"]')?.focus();
  }, [refusal]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save(false);
  };
  if (settings.nodes.length === 0) return <p className="none">No settings are on this page yet.</p>;
  return (
    <form onSubmit={submit} noValidate>
      {sectionsOf(settings).map(({ title, nodes }) => (
        <section key={title} aria-label={title}>
          <h2>{title}</h2>
          {nodes.map(({ name, icon, description, settings: own }) => (
            <fieldset key={name}>
              <legend>
                <span className="glyph">
                  <Glyph name={icon} />
                </span>
                <span>
                  {name !== title && <strong>{name}</strong>} {description}
                </span>
              </legend>
              {own.map(setting => {
                const key = settingKey(name, setting.port);
                return (
                  <SettingField
                    key={key}
                    setting={setting}
                    text={texts.get(key) ?? shownValue(setting)}
                    fault={refusal?.faults.get(key)}
                    type={text => type(key, text)}
                  />
                );
              })}
            </fieldset>
          ))}
        </section>
      ))}
      <footer>
        <div role="alert">
          {refusal?.others.map(sentence => (
            <p key={sentence} className="wrong">
              {sentence}
            </p>
          ))}
          {refusal && refusal.faults.size > 0 && <p className="wrong">Not saved: see the messages above.</p>}
          {refusal && refusal.changed.length > 0 && (
            <>
              <p className="wrong">Not saved yet: these recent requests would get a different answer.</p>
              <ul>
                {refusal.changed.map(sentence => (
                  <li key={sentence}>{sentence}</li>
                ))}
              </ul>
            </>
          )}
        </div>
        <div className="row">
          <p role="status" className="hint">
            {saving
              ? 'Checking and testing'
              : done || (changed === 1 ? '1 change' : changed > 0 ? `${changed} changes` : 'No changes')}
          </p>
          {changed > 0 && !saving && (
            <Button
              onClick={() => {
                setTexts(new Map());
                setRefusal(undefined);
              }}
            >
              Discard
            </Button>
          )}
          {refusal?.mayForce ? (
            <Button className="primary" onClick={() => void save(true)}>
              Save all the same
            </Button>
          ) : (
            <Button type="submit" className="primary" aria-disabled={changed === 0 || saving}>
              Save
            </Button>
          )}
        </div>
      </footer>
    </form>
  );
}

interface FieldProps {
  readonly setting: PageSetting;
  readonly text: string;
  readonly fault: string | undefined;
  readonly type: (text: string) => void;
}

function SettingField({ setting, text, fault, type }: FieldProps) {
  const id = useId();
  const { port, title = port.toUpperCase(), unit, description, from } = setting;
  return (
    <div className="field">
      <label htmlFor={id}>{title}</label>
      <div className="row">
        <Control
          kind={fieldOf(setting)}
          values={setting.values ?? []}
          initial={setting.default}
          value={text}
          rows={Math.min(MAX_ROWS, Math.max(2, text.split('\n').length))}
          change={type}
          common={{
            id,
            disabled: from !== undefined,
            'aria-invalid': fault !== undefined,
            'aria-describedby': fault === undefined ? `${id}-about` : `${id}-about ${id}-wrong`,
          }}
        />
        {unit !== undefined && <span className="unit">{unit}</span>}
      </div>
      {fault && (
        <p className="wrong" id={`${id}-wrong`}>
          {fault}
        </p>
      )}
      <p className="hint" id={`${id}-about`}>
        {from === undefined ? description : `comes from ${from}`}
      </p>
    </div>
  );
}
