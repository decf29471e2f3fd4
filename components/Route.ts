import { Component } from 'noflo';
import { linesOf } from '../src/behaviour/settings.ts';
import type { Question } from '../src/model/packets.ts';
import { setting } from '../src/model/port-options.ts';
import type { DeclaredRoutes, NodeSettings } from '../src/model/routes.ts';

/** Matches a question by method and path; returns the path's parameters, or undefined. */
type Matcher = (question: Question) => Readonly<Record<string, string>> | undefined;

/** Splits a pattern such as `GET /stats/:room`. Throws a sentence for an invalid one. */
function split(pattern: string): { method: string; path: string } {
  const found = /^([A-Z]+) (\/\S*)$/.exec(pattern.trim());
  const names = pattern.match(/(?<=\/:)[^/]*/g) ?? [];
  if (!found || new Set(names).size < names.length || names.some(name => !/^[A-Za-z_]\w*$/.test(name))) {
    throw new Error(`"${pattern}" is no pattern; it looks like "GET /stats/:room", each name once`);
  }
  return { method: found[1]!, path: found[2]! };
}

/** Parses patterns, one per line; the first match applies. Throws a sentence for an invalid one. */
export function matcher(patterns: string): Matcher {
  const all = linesOf(patterns).map(one);
  if (all.length === 0) one(patterns);
  return question => {
    for (const match of all) {
      const params = match(question);
      if (params) return params;
    }
    return;
  };
}

function one(pattern: string): Matcher {
  const { method, path } = split(pattern);
  const steps = path.split('/').map(step => (/^:\w+$/.test(step) ? `(?<${step.slice(1)}>[^/]+)` : RegExp.escape(step)));
  const expression = new RegExp(`^${steps.join('/')}$`);
  return question => {
    if (question.method !== method) return undefined;
    const match = expression.exec(question.path);
    return match ? { ...match.groups } : undefined;
  };
}

/** The routes that leave by MATCH. */
const routes = ({ pattern }: NodeSettings): DeclaredRoutes => ({ match: linesOf(pattern).map(split) });

/** Selects questions for additional endpoints. */
export const getComponent = () => {
  let pattern: string | undefined;
  let match: Matcher;
  const component = new Component({
    description: 'Picks the questions with some methods and paths out',
    icon: 'map-signs',
    inPorts: {
      in: { datatype: 'object', schema: 'chat/question', required: true, description: 'Question' },
      pattern: setting({
        datatype: 'string',
        title: 'Patterns',
        lines: 'list',
        required: true,
        description:
          'Method and path, such as GET /stats/:room, one on each line; what :room stands for comes as params.room',
        check: matcher,
      }),
    },
    outPorts: {
      match: { datatype: 'object', schema: 'chat/question', description: 'Question that has them, with its params' },
      else: { datatype: 'object', schema: 'chat/question', description: 'Every other question, unchanged' },
    },
    process(input, output) {
      if (!input.hasData('pattern')) return;
      const question: Question | undefined = input.hasData('in') ? input.getData('in') : undefined;
      const wanted: string = input.getData('pattern');
      if (wanted !== pattern) match = matcher(wanted);
      pattern = wanted;
      if (!question) return output.done();
      const params = match(question);
      output.sendDone(
        params ? { match: Object.freeze({ ...question, params: Object.freeze(params) }) } : { else: question },
      );
    },
  });
  return Object.assign(component, { routes });
};
