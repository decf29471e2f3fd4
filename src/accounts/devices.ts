import { randomBytes, randomInt } from 'node:crypto';
import type { Rows } from './credentials.ts';
import { hashOf } from './hashed-sessions.ts';

/** Lifetime of a link in milliseconds. */
const GOOD_MS = 120_000;

const model = 'deviceLink';
interface DeviceLink {
  /** Id by which the first device polls the link. */
  readonly id: string;
  readonly person: string;
  /** Shown on both devices, so that the person can compare them. */
  readonly number: string;
  /** Start of the session by which the other device was admitted; null until then. */
  readonly since: number | null;
  readonly state: 'made' | 'opened' | 'confirmed';
}

const newSecret = (): string => randomBytes(24).toString('base64url');

/**
 * Links by which a signed-in person signs in on another device: for one use within two minutes, and only after
 * confirmation on the first device. The devices may be connected to different processes. Calls reject if the database
 * can't be used.
 */
export class DeviceLinks {
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Makes a person's link; an earlier one ends. */
  async make(
    person: string,
    now = Date.now(),
  ): Promise<{ readonly id: string; readonly code: string; readonly until: number }> {
    await this.#rows.deleteMany({ model, where: [{ field: 'person', value: person }] });
    await this.#rows.deleteMany({ model, where: [{ field: 'until', operator: 'lte', value: now }] });
    const [code, until] = [newSecret(), now + GOOD_MS];
    const number = String(randomInt(10, 100));
    // The secret is the link's code until a device has opened it, then a secret that only this device knows.
    const data = { person, secret: hashOf(code), until, number, state: 'made' };
    const { id } = await this.#rows.create<DeviceLink>({ model, data });
    return { id, code, until };
  }

  /** Called when a device opens a link; it gets a secret of its own. Undefined if the link was used or has expired. */
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

  /** The state of a link, for its owner; undefined if it has ended. `number` is set once a device waits. */
  async look(id: string, person: string, now = Date.now()): Promise<{ readonly number?: string } | undefined> {
    const link = await this.#rows.findOne<DeviceLink>({ model, where: ofPerson(id, person, now) });
    if (link) return link.state === 'opened' ? { number: link.number } : {};
    return;
  }

  /** Admits the waiting device with a session that began at `since`, or ends the link. False if the link has ended. */
  async decide(id: string, person: string, since: number | undefined, now = Date.now()): Promise<boolean> {
    const where = ofPerson(id, person, now);
    if (since === undefined) return (await this.#rows.deleteMany({ model, where })) > 0;
    const waits = [...where, { field: 'state', value: 'opened' }];
    return (await this.#rows.updateMany({ model, where: waits, update: { state: 'confirmed', since } })) > 0;
  }

  /** The person as whom a device is admitted, once; null while it has to wait, undefined if it is rejected. */
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
