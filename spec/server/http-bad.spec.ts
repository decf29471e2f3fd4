import { gzipSync } from 'node:zlib';
import { describe, it } from '@jest/globals';
import { expectProblem, multipart, request, untouched } from '../support/server.ts';

// Bodies that are refused: they leave no trace in the store nor in the log.

const server = untouched();

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const PATHS = ['/chat', '/gochat/chat', '/', '/api/rooms/lobby/messages'];

/** Expects that a body is refused wherever messages are taken. */
async function expectRefused(
  type: string | undefined,
  body: string | Uint8Array,
  headers: readonly string[],
  ...statuses: readonly number[]
): Promise<void> {
  const fields = [...(type === undefined ? [] : [`Content-Type: ${type}`]), ...headers];
  for (const path of PATHS) expectProblem(await server.raw(request(`POST ${path}`, fields, body)), ...statuses);
}

/** A JSON text with bytes in it that JSON.stringify would not write. */
const bytes = (...parts: readonly (string | readonly number[])[]) =>
  new Uint8Array(Buffer.concat(parts.map(part => Buffer.from(part as string))));

describe('a JSON body', () => {
  it.each([
    'hello',
    '{',
    '{"text":"hi"',
    "{'text':'hi'}",
    '{"text":"hi"}}',
    '{"text":"hi",}',
    '{"text":"a\nb"}',
    'undefined',
    'NaN',
    ' ',
    '[]',
    '[{"text":"hi"}]',
    'null',
    '7',
    'true',
    '"text"',
    '['.repeat(30_000),
    '['.repeat(30_000) + ']'.repeat(30_000),
  ])('is refused where it is no object: %.20s', body => expectRefused(JSON_TYPE, body, [], 400));

  it.each([
    '{"text":7}',
    '{"text":null}',
    '{"text":true}',
    '{"text":["hi"]}',
    '{"text":{"text":"hi"}}',
    '{"author":7,"text":"hi"}',
    '{"author":null,"text":"hi"}',
    '{"author":[],"text":"hi"}',
    '{"author":{"toString":"ann"},"text":"hi"}',
    '{"text":{"length":1,"trim":1}}',
    '{}',
    '{"Text":"hi"}',
    '{"__proto__":{"text":"hi"}}',
    '{"constructor":{"prototype":{"text":"hi"}}}',
    '{"__proto__":null,"toString":null,"hasOwnProperty":null}',
  ])('is refused where author or text is no string: %s', body => expectRefused(JSON_TYPE, body, [], 422));

  it('is refused where its text is a hole without bottom', () =>
    expectRefused(JSON_TYPE, `{"text":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, [], 400, 422));

  it.each([
    '{"text":"a\\u0000b"}',
    '{"author":"\\u0000","text":"hi"}',
    '{"text":"\\ud800"}',
    '{"text":"\\udc00\\ud800"}',
    '{"text":"hi","deep":[{"deeper":"\\ud800"}]}',
    '{"text":"hi","\\u0000":1}',
    '{"text":"hi","\\ud800":1}',
    '{"text":"a\0b"}',
  ])('is refused with U+0000 or a lone surrogate: %j', body => expectRefused(JSON_TYPE, body, [], 400));

  it.each([[[0xff]], [[0xc3]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xf4, 0x90, 0x80, 0x80]]])(
    'is refused where it is no UTF-8: %j',
    odd => expectRefused(JSON_TYPE, bytes('{"text":"', odd, '"}'), [], 400),
  );
});

describe('a form', () => {
  it.each(['text=%', 'text=%zz', 'text=%4', 'text=%ff', 'text=%c0%80', 'te%xt=a', 'text=hi&author=%', 'a%'])(
    'is refused with a percent sign that means nothing: %s',
    body => expectRefused(FORM_TYPE, body, [], 400),
  );

  it.each(['text=a%00b', 'te%00xt=hi', 'text=a\0b', 'text=hi&a\0', 'text=%ED%A0%80', 'text=hi&author=%ed%bf%bf'])(
    'is refused with U+0000 or a lone surrogate: %j',
    body => expectRefused(FORM_TYPE, body, [], 400),
  );

  it('is refused where it is no UTF-8', () => expectRefused(FORM_TYPE, bytes('text=', [0xff]), [], 400));

  it.each(['text', 'text=', '=hi', '&&&', 'text=+%20', '__proto__=hi', 'constructor=hi', 'text.x=hi', 'text[]=hi'])(
    'is refused without a text: %s',
    body => expectRefused(FORM_TYPE, body, [], 422),
  );
});

describe('a form in multipart', () => {
  const hi = multipart(['name="text"', 'hi']);

  it.each([
    ['has no boundary', 'multipart/form-data', hi.body],
    ['has an empty boundary', 'multipart/form-data; boundary=', hi.body],
    ['has another boundary', 'multipart/form-data; boundary=other', hi.body],
    ['breaks off', hi.type, hi.body.slice(0, -20)],
    ['is none', hi.type, 'text=hi'],
    ['has a part without a name', hi.type, multipart(['filename="a"', 'hi']).body],
    ['has U+0000 in its text', hi.type, multipart(['name="text"', 'a\0b']).body],
    ['has U+0000 in a name', hi.type, multipart(['name="text"', 'hi'], ['name="a\0b"', 'hi']).body],
    ['is no UTF-8', hi.type, multipart(['name="text"', bytes([0xff])]).body],
    ['has a lone surrogate', hi.type, multipart(['name="text"', bytes([0xed, 0xa0, 0x80])]).body],
  ])('is refused where it %s', (_, type, body) => expectRefused(type, body, [], 400));

  it.each([
    ['a file for a text', multipart(['name="text"; filename="a.txt"', 'hi'])],
    ['a file beside the text', multipart(['name="text"', 'hi'], ['name="a"; filename="a.png"', bytes([0xff, 0])])],
    ['no text', multipart(['name="author"', 'ann'])],
    ['an odd name for its text', multipart(['name="__proto__"', 'hi'], ['name="constructor"', 'hi'])],
  ])('is refused with %s', (_, { type, body }) => expectRefused(type, body, [], 422));
});

describe('a body', () => {
  const large = JSON.stringify({ text: 'hi', rest: 'x'.repeat(65 * 1024) });

  it('is refused above 64 KiB', () => expectRefused(JSON_TYPE, large, [], 413));

  it('is refused above 64 KiB before it has come', async () => {
    for (const path of PATHS) {
      const head = request(`POST ${path}`, [`Content-Type: ${JSON_TYPE}`, 'Content-Length: 66560']);
      expectProblem(await server.raw(head), 413);
    }
  });

  it('is refused above 64 KiB where its length is not told', async () => {
    const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
    for (const path of PATHS) {
      const head = request(`POST ${path}`, [`Content-Type: ${JSON_TYPE}`, 'Transfer-Encoding: chunked']);
      const chunks = [large.slice(0, 1000), large.slice(1000, 50_000), large.slice(50_000)].map(chunked);
      expectProblem(await server.raw(head, ...chunks, '0\r\n\r\n'), 413);
    }
  });

  it.each([undefined, '', 'text/plain', 'text/json', 'application/xml', 'application/jsonp', 'json', ';;;', '*/*'])(
    'is refused where its type is %s',
    type => expectRefused(type, '{"text":"hi"}', [], 415),
  );

  it.each(['gzip', 'br', 'deflate', 'x'])('is refused with Content-Encoding %s', encoding =>
    expectRefused(JSON_TYPE, gzipSync('{"text":"hi"}'), [`Content-Encoding: ${encoding}`], 415),
  );

  it('is not unpacked because it is called plain', () =>
    expectRefused(JSON_TYPE, gzipSync('{"text":"hi"}'), ['Content-Encoding: identity'], 400));
});

describe('an Idempotency-Key', () => {
  it.each([
    ['is empty', ['']],
    ['is blank', [' ']],
    ['has 201 characters', ['x'.repeat(201)]],
    ['has 1,000 characters', ['x'.repeat(1000)]],
    ['has U+0000', ['a\0b']],
    ['has a control character', ['a\x01b']],
    ['comes twice', ['a', 'b']],
    ['comes twice and is the same', ['a', 'a']],
  ])('is refused where it %s', (_, keys) => {
    const headers = keys.map(key => `Idempotency-Key: ${key}`);
    return expectRefused(JSON_TYPE, '{"text":"hi"}', headers, 400);
  });
});
