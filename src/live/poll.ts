import type { Gate, Outcome, Request } from '../gate.ts';
import type { Live } from '../live.ts';

/**
 * Asks until there is something to tell, as long as the reply says that its caller would wait. The topic is heard before
 * the question is asked again, so that nothing slips through between. `gone` ends the waiting.
 */
export async function poll(
  gate: Gate,
  live: Live,
  request: Request,
  first: Outcome,
  gone: AbortSignal,
): Promise<Outcome> {
  const wait = patience(first);
  if (!wait) return first;
  const over = new AbortController();
  const signal = AbortSignal.any([gone, over.signal, AbortSignal.timeout(wait.seconds * 1000)]);
  try {
    for (;;) {
      const happened = live.next(wait.topic, signal);
      const outcome = await gate.ask(request);
      if (!patience(outcome) || !(await happened)) return outcome;
    }
  } finally {
    over.abort();
  }
}

function patience({ answer }: Outcome) {
  return 'body' in answer ? answer.wait : undefined;
}
