import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseMessage } from '../../src/editor/server/client-message.ts';
import { editing, MAIN, set } from '../support/edited.ts';

const { serving } = editing();

describe('network:persist to a folder that takes nothing', () => {
  it('is refused with the reason, and leaves the file alone', async () => {
    const server = await serving();
    const editor = await server.editor();
    const { file, text } = server;
    // Stands where the new text would be written first; permissions would not hinder an administrator.
    mkdirSync(join(dirname(file), `.${basename(file)}.${process.pid}.tmp`));
    await set(editor, 'check', 'maxtext', '4000', '5');
    await expect(editor.ask('network', 'persist', { graph: MAIN })).rejects.toThrow(
      /chat\.fbp can't be written: .*folder/,
    );
    expect(server.text).toBe(text);
  });
});

describe('a message without a protocol', () => {
  it('is answered in words', () => {
    expect(parseMessage('{}', 100).fault).toBe('"protocol" must be a text, not nothing');
  });
});
