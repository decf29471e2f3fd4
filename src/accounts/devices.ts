import { randomBytes, randomInt } from 'node:crypto';
import type { Rows } from './credentials.ts';
import { hashOf } from './hashed-sessions.ts';

/** Milliseconds that a link is good for. */
const GOOD_MS = 120_000;

const model = 'deviceLink';
interface DeviceLink {
  /** Id by which the device that made it asks about it. */
  readonly id: string;
  readonly person: string;
  /** Shown on both devices, so that somebody sees that they are the two that they hold. */
  readonly number: string;
  /** When the session began by which the other device is let in; null until then. */
  readonly since: number | null;
  readonly state: 'made' | 'opened' | 'confirmed';
}

const newSecret = (): string => randomBytes(24).toString('base64url');

/**
 * Links by which somebody who is signed in comes in on another device: good once, for two minutes, and only once they have
 * confirmed it where they are signed in. The two devices may be at two processes. All reject if the database can't be used.
 */
export class DeviceLinks {
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Makes a link of a person; the one before ends. */
  async make(
    person: string,
    now = Date.now(),
  ): Promise<{ readonly id: string; readonly code: string; readonly until: number }> {
    await this.#rows.deleteMany({ model, where: [{ field: 'person', value: person }] });
    await this.#rows.deleteMany({ model, where: [{ field: 'until', operator: 'lte', value: now }] });
    const [code, until] = [newSecret(), now + GOOD_MS];
    const number = String(randomInt(10, 100));
    // The secret is what is in the link until a device has opened it, and from then on what that device alone knows.
    const data = { person, secret: hashOf(code), until, number, state: 'made' };
    const { id } = await this.#rows.create<DeviceLink>({ model, data });
    return { id, code, until };
  }

  /** A device opens a link: it gets a secret of its own. Undefined if the link is used, or over. */
  async open(
    code: string,
    now = Date.now(),
  ): Promise<{ readonly ticket: string; readonly number: string } | undefined> {
    const ticket = newSecret();
    const where = [...withSecret(code, now), { field: 'state', value: 'made' }];
    const update = { state: 'opened', secret: hashOf(ticket) };
    if ((await this.#rows.updateMany({ model, where, update })) === 0) return;
    const link = await this.#rows.findOne<DeviceLink>({ model, where: withSecret(ticket, now) });
    return link ? { ticket, number: link.number } : undefined;
  }

  /** What has become of a link, for the person who made it: undefined if it is over. The number is there once a device waits. */
  async look(id: string, person: string, now = Date.now()): Promise<{ readonly number?: string } | undefined> {
    const link = await this.#rows.findOne<DeviceLink>({ model, where: ofPerson(id, person, now) });
    if (link) return link.state === 'opened' ? { number: link.number } : {};
    return;
  }

  /** The person lets the device in that waits, by a session that began at `since`, or ends the link. False if it is over. */
  async decide(id: string, person: string, since: number | undefined, now = Date.now()): Promise<boolean> {
    const where = ofPerson(id, person, now);
    if (since === undefined) return (await this.#rows.deleteMany({ model, where })) > 0;
    const waits = [...where, { field: 'state', value: 'opened' }];
    return (await this.#rows.updateMany({ model, where: waits, update: { state: 'confirmed', since } })) > 0;
  }

  /** Whom a device is let in as, once; null while it has to wait, undefined if it is not let in. */
  async enter(
    ticket: string,
    now = Date.now(),
  ): Promise<{ readonly person: string; readonly since: number } | null | undefined> {
    const where = withSecret(ticket, now);
    const link = await this.#rows.findOne<DeviceLink>({ model, where });
    if (!link || link.state === 'made') return;
    if (link.state === 'opened') return null;
    const letIn = await this.#rows.consumeOne<DeviceLink>({ model, where });
    return letIn ? { person: letIn.person, since: Number(letIn.since) } : undefined;
  }
}

const isGood = (now: number) => ({ field: 'until', operator: 'gt', value: now }) as const;
const withSecret = (secret: string, now: number) => [{ field: 'secret', value: hashOf(secret) }, isGood(now)];
const ofPerson = (id: string, person: string, now: number) => [
  { field: 'id', value: id },
  { field: 'person', value: person },
  isGood(now),
];
