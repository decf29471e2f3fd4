import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { DIAGNOSTIC_CODES, type DiagnosticCode, diagnostic } from '../../src/model/diagnostic.ts';

const LISTS = [
  'near',
  'ports',
  'values',
  'reached',
  'goals',
  'nodes',
  'targets',
  'parts',
  'conflicts',
  'components',
  'asides',
];
/** Parameters that are not texts, or not any text; each other one stands for itself. */
const PARAMS: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(LISTS.map(name => [name, [`*${name}*`]])),
  ...{ side: 'inport', count: 2, isJson: false, isStale: false, cure: undefined },
};
/** Those of a code whose outer port is one by which packets leave. */
const LEAVING: Readonly<Record<string, unknown>> = { ...PARAMS, side: 'outport' };
const paramsOf = (code: DiagnosticCode) => {
  const known = code === 'no-live-delivery' ? LEAVING : PARAMS;
  return new Proxy(
    {},
    { ownKeys: () => [], get: (_, name) => (name in known ? known[String(name)] : `*${String(name)}*`) },
  );
};

/** A row of the table in docs/graph.md. */
const row = (code: DiagnosticCode) =>
  `| \`${code}\` | ${(diagnostic as (code: string, params: object) => { sentence: string })(code, paramsOf(code)).sentence} |`;

describe('the codes of faults and warnings', () => {
  it('stand in docs/graph.md with what they say', () => {
    const [, section = ''] = readFileSync('docs/graph.md', 'utf8').split('### Codes\n');
    const [docs = ''] = section.split('\n## ');
    expect(docs.split('\n').filter(line => line.startsWith('| `'))).toEqual(DIAGNOSTIC_CODES.map(row));
  });

  it('are words with hyphens', () => {
    expect(DIAGNOSTIC_CODES.filter(code => !/^[a-z]+(-[a-z]+)*$/.test(code))).toEqual([]);
  });

  it('keep to one line, whatever a name holds', () => {
    const { sentence, params } = diagnostic('no-component', { node: 'a\nb' });
    expect(sentence).toBe('a b has no component; write a b(COMPONENT)');
    expect(params).toEqual({ node: 'a\nb' });
  });
});
