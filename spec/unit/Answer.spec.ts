import { describe, expect, it } from '@jest/globals';
import { answerTo, getComponent } from '../../components/Answer.ts';
import { bodyOf } from '../../src/behaviour/body.ts';
import { flaws, NodeHarness, question } from '../support/node.ts';

const ODD = `"<b>'&\n`;
const asked = question({ query: { name: ODD } });
const answer = (text: string, type?: string) => answerTo(asked, 200, bodyOf(text, type));

describe('Answer', () => {
  it('is a text, or JSON where it is JSON', () => {
    expect(answer('Hi {{query.name}}')).toMatchObject({ body: `Hi ${ODD}`, type: 'text/plain; charset=utf-8' });
    const { body, type } = answer('{"hi": ["{{query.name}}", 1, null], "deep": {"id": "{{id}}"}}');
    expect([JSON.parse(body), type]).toEqual([{ hi: [ODD, 1, null], deep: { id: 'q1' } }, 'application/json']);
    expect(answer('{{query.name}}').type).toBe('text/plain; charset=utf-8');
    expect(answer('{"a": 1}', 'text/plain').body).toBe('{"a": 1}');
  });

  it.each(['text/html', 'text/html; charset=utf-8', 'image/svg+xml'])('escapes what comes in where it is %s', type => {
    expect(answer('<p>{{query.name}}', type).body).toBe('<p>&quot;&lt;b&gt;&#39;&amp;\n');
  });

  it.each([
    ['{"a": ', 'application/json', 'BODY is no JSON'],
    ['hi', 'nonsense', 'TYPE must be a MIME type'],
    ['hi', 'text/plain\r\nSet-Cookie: a=b', 'TYPE must be a MIME type'],
    ['{{#a}}', undefined, 'template'],
    ['{"a": "{{#a}}"}', undefined, 'template'],
  ])('takes no body such as %j of type %j', (text, type, sentence) => {
    expect(() => bodyOf(text, type)).toThrow(sentence);
  });

  it('lets only packets out', async () => {
    const node = await NodeHarness.start(getComponent(), { status: 201, body: 'ok' });
    const out = await node.ask('in', asked);
    expect(out).toEqual({ id: 'q1', status: 201, body: 'ok', type: 'text/plain; charset=utf-8' });
    expect(flaws(out)).toEqual([]);
  });
});
