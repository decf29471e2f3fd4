import { describe, expect, it } from '@jest/globals';
import { Questions } from '../../src/delivery/questions.ts';
import type { Outcome, Request } from '../../src/gate/gate.ts';
import { SELF } from '../../src/gate/shares.ts';
import { guest } from '../../src/model/who.ts';
import { turn } from '../support/topic.ts';

const OUTCOME: Outcome = { answer: { id: 'q1', status: 200, body: '' }, spans: [] };

/** Questions to a graph that answers when it is told to. */
function asking(reserve = 1024) {
  const asked: Request[] = [];
  const answers: (() => void)[] = [];
  const payers = new Set<string>();
  const questions = new Questions({
    reserve,
    ask(request, _, payer = request.from) {
      asked.push(request);
      payers.add(payer);
      return new Promise(resolve => answers.push(() => resolve(OUTCOME)));
    },
  });
  const ask = (key: string, from = 'here') =>
    questions.ask(key, { method: 'GET', path: '/', query: {}, body: {}, from, who: guest(from) });
  const answer = async () => {
    for (const one of answers.splice(0)) one();
    await turn();
  };
  return { asked, answers, payers, ask, answer };
}

describe('Questions', () => {
  it('asks equal ones once for all who want the answer before it is asked, and again for those who come later', async () => {
    const { asked, ask, answer } = asking();
    const all = [ask('a'), ask('b'), ask('a', 'there'), ask('a')];
    await turn();
    expect(asked).toHaveLength(2);
    const late = ask('a');
    await turn();
    expect(asked).toHaveLength(3);
    await answer();
    for (const one of [...all, late]) expect(await one).toMatchObject({ outcome: OUTCOME, who: guest('here') });
  });

  it("takes the server's places, and never more than are reserved", async () => {
    const { asked, payers, ask, answer } = asking(32);
    for (let i = 0; i < 100; i++) void ask(`${i}`, `from ${i}`);
    for (let i = 0; i < 10; i++) await turn();
    expect(asked).toHaveLength(32);
    await answer();
    for (let i = 0; i < 10; i++) await turn();
    expect(asked).toHaveLength(64);
    expect([...payers]).toEqual([SELF]);
  });

  it('lets no address keep the others waiting', async () => {
    const { asked, ask } = asking(32);
    for (let i = 0; i < 100; i++) void ask(`crowd ${i}`, 'crowd');
    await turn();
    void ask('one', 'else');
    for (let i = 0; i < 10; i++) await turn();
    expect(asked.filter(({ from }) => from === 'crowd')).toHaveLength(4);
    expect(asked.filter(({ from }) => from === 'else')).toHaveLength(1);
  });

  it('asks all in the end, however few places there are', async () => {
    const { asked, ask, answer } = asking(1);
    for (let i = 0; i < 5; i++) void ask(`${i}`);
    for (let i = 0; i < 5; i++) {
      await turn();
      await answer();
    }
    expect(asked).toHaveLength(5);
  });
});
