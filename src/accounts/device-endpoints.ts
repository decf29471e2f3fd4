import type { LiveVisitor } from './keeper.ts';
import { refusedWith } from './people.ts';
import { type Answered, type Asked, NEEDS_PERSON } from './people-endpoints.ts';

const OVER = refusedWith('link-invalid', 'this link has been used, or its two minutes are over; make another one');

/** Makes a link by which a signed-in person can sign in on another device. */
export async function makeDeviceLink({ visitor, keeper }: Asked): Answered {
  if (visitor.who.kind !== 'person') return NEEDS_PERSON;
  const { id, code, until } = await keeper.devices.make(visitor.who.id);
  const link = `${keeper.deps.place}#/device/${code}`;
  return { status: 201, body: { id, code, link, until: new Date(until).toISOString() } };
}

export async function deviceLink({ visitor, keeper, id }: Asked): Answered {
  if (visitor.who.kind !== 'person') return NEEDS_PERSON;
  const seen = await keeper.devices.look(id, visitor.who.id);
  return seen ? { status: 200, body: seen } : OVER;
}

/** Admits or rejects the device that shows the same number. */
export async function decideDevice({ visitor, keeper, id, request }: Asked): Answered {
  const { who } = visitor;
  if (who.kind !== 'person') return NEEDS_PERSON;
  const { confirm } = request.body;
  if (typeof confirm !== 'boolean') return refusedWith('field-invalid', 'confirm is true or false');
  // A token has no time of sign-in.
  const { proved = 0 } = visitor as LiveVisitor;
  if (!(await keeper.devices.decide(id, who.id, confirm ? proved : undefined))) return OVER;
  if (confirm) keeper.deps.audit.note({ what: 'device added', by: who.id, from: request.from });
  return { status: 204 };
}

/** Called by the other device: opens the link by its code, then polls with its own secret until it is admitted. */
export async function signInByDevice({ request, keeper }: Asked): Answered {
  const { code, ticket } = request.body;
  if (typeof code === 'string') {
    const opened = await keeper.devices.open(code);
    return opened ? { status: 202, body: opened } : OVER;
  }
  const letIn = typeof ticket === 'string' ? await keeper.devices.enter(ticket) : undefined;
  if (letIn === null) return { status: 202, body: {} };
  const person = letIn && keeper.deps.directory.now.person(letIn.person);
  if (!person || person.isGone) return OVER;
  const cookies = await keeper.deps.credentials.enter(person.id, letIn.since);
  keeper.deps.audit.note({ what: 'sign-in', by: person.id, from: request.from, detail: 'device' });
  const { kind, name, role } = person;
  return { status: 200, body: { who: { kind, id: person.id, name, role } }, cookies };
}
