import type { Answer, Refusal } from '../packets.ts';
import type { Outcome } from './contract.ts';

/** Whether a packet is something that a caller can be given. */
export function isAnswer(packet: Partial<Answer>): packet is Answer {
  const { status } = packet;
  if (!Number.isInteger(status) || status! < 200 || status! > 599) return false;
  return typeof ('detail' in packet ? packet.detail : (packet as { body?: unknown }).body) === 'string';
}

/** How long each node had a question, of what was noted as node, time of its arrival there, node, time, … */
export function way(steps: readonly (string | number)[]): Outcome['way'] {
  if (steps.length === 0) return [];
  const now = performance.now();
  const nodes = [];
  for (let i = 0; i < steps.length; i += 2) {
    nodes.push({ node: steps[i] as string, ms: ((steps[i + 3] as number) ?? now) - (steps[i + 1] as number) });
  }
  return nodes;
}

/** The answer to a question in a revision that was rolled back. */
export function abandoned(id: string): Refusal {
  const detail =
    'the revision of the graph that had this request was rolled back, and whether the request was done is not known; send it again, with the same key where it has one';
  return { id, status: 503, detail, headers: { 'Retry-After': '1' } };
}
