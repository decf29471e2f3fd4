import { describe, expect, it, jest } from '@jest/globals';
import { editing, isLive, MAIN, set } from '../support/edited.ts';
import type { Editor, Told } from '../support/editor.ts';

// Several changes as one edit, and drafts that are thrown away only as they were seen.

jest.setTimeout(120_000);

const { serving } = editing();

const change = (command: string, payload: Told): Told => ({ command, payload });
const cleared = (data: string) => change('removeinitial', { src: { data }, tgt: { node: 'check', port: 'maxtext' } });
const given = (data: string) => change('addinitial', { src: { data }, tgt: { node: 'check', port: 'maxtext' } });
const send = (editor: Editor, ...changes: Told[]) => editor.ask('flowchat', 'edit', { changes });
const version = async (editor: Editor) => (await editor.ask('flowchat', 'graph')).version;
const limits = async (editor: Editor) =>
  (await editor.ask('flowchat', 'graph')).graph.connections
    .filter(({ tgt }: Told) => tgt.process === 'check' && tgt.port === 'maxtext')
    .map(({ data }: Told) => data);

describe('an edit', () => {
  it('is done as one, and told change by change to others', async () => {
    const server = await serving();
    const [editor, other] = [await server.editor(true), await server.editor()];
    const stay = change('changenode', { id: 'check', metadata: { x: 72, y: 0, pinned: true } });
    const { version: after } = await send(editor, cleared('4000'), given('5'), stay);
    expect(after).toBe(await version(editor));
    expect(await limits(editor)).toEqual(['5']);
    expect(other.told('graph:removeinitial')).toMatchObject([{ src: { data: '4000' }, graph: MAIN }]);
    expect(other.told('graph:addinitial')).toMatchObject([{ src: { data: '5' }, graph: MAIN }]);
    expect(editor.told('graph:addinitial')).toEqual([]);
    expect((await other.ask('flowchat', 'graph')).graph.processes.check.metadata).toMatchObject({
      x: 72,
      pinned: true,
    });
    await editor.ask('flowchat', 'publish');
    await isLive(editor, 2);
  });

  it('of which one change is refused is not done at all, and nobody hears of it', async () => {
    const server = await serving();
    const [editor, other] = [await server.editor(true), await server.editor()];
    const before = await version(editor);
    await expect(send(editor, cleared('4000'), given('x'.repeat(100_000)))).rejects.toThrow(/more than 65536/);
    await expect(send(editor, cleared('4000'), given('sqlite:/elsewhere'))).rejects.toThrow(/it lies in DATA/);
    await expect(
      send(editor, change('removenode', { id: 'limit' }), change('removenode', { id: 'limit' })),
    ).rejects.toThrow('node limit was removed meanwhile');
    expect(await version(editor)).toBe(before);
    expect(await limits(editor)).toEqual(['4000']);
    expect(other.pushed.filter(({ protocol }) => protocol === 'graph')).toEqual([]);
  });

  it('that makes no sense is refused in a sentence', async () => {
    const editor = await (await serving()).editor(true);
    await expect(editor.ask('flowchat', 'edit', { changes: 'all' })).rejects.toThrow(/must be an array/);
    await expect(send(editor, change('clear', { id: MAIN }))).rejects.toThrow(/in an edit begins a subgraph/);
    await expect(send(editor, change('publish', {}))).rejects.toThrow(/has no command publish/);
    await expect(send(editor, change('removenode', { id: 'limit', graph: 'sketch' }))).rejects.toThrow(/is one of/);
  });
});

describe('a draft', () => {
  it('is discarded, and a revision gone back to, only as somebody has seen it', async () => {
    const editor = await (await serving()).editor(true);
    const seen = await version(editor);
    await set(editor, 'check', 'maxtext', '4000', '5');
    const changed = 'the draft was changed meanwhile; look at it again';
    await expect(editor.ask('flowchat', 'discard', { version: seen })).rejects.toThrow(changed);
    await expect(editor.ask('flowchat', 'rollback', { to: 1, version: seen })).rejects.toThrow(changed);
    expect(await limits(editor)).toEqual(['5']);
    await editor.ask('flowchat', 'discard', { version: await version(editor) });
    expect(await limits(editor)).toEqual(['4000']);
    expect(await editor.ask('flowchat', 'rollback', { to: 1, version: await version(editor) })).toHaveProperty(
      'revision',
    );
  });
});
