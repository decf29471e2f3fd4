import { randomBytes, randomInt } from 'node:crypto';
import { dropOldest } from '../model/cached.ts';

/** Milliseconds that a link is good for. */
const GOOD_MS = 120_000;
/** Links at a time; the oldest goes first. */
const MAX_LINKS = 1000;

interface DeviceLink {
  /** Id by which the device that made it asks about it. */
  readonly id: string;
  readonly person: string;
  /** What is in the link, until a device has opened it; from then on what that device alone knows. */
  secret: string;
  readonly until: number;
  /** Shown on both devices, so that somebody sees that they are the two that they hold. */
  readonly number: string;
  /** When the session began by which the other device is let in; undefined until then. */
  since?: number;
  state: 'made' | 'opened' | 'confirmed';
}

const newSecret = (): string => randomBytes(24).toString('base64url');

/**
 * Links by which somebody who is signed in comes in on another device: good once, for two minutes, and only once they have
 * confirmed it where they are signed in. They end with the server.
 */
export class DeviceLinks {
  readonly #links = new Map<string, DeviceLink>();

  /** Makes a link of a person; the one before ends. */
  make(person: string, now = Date.now()): { readonly id: string; readonly code: string; readonly until: number } {
    for (const [id, link] of this.#links) if (link.person === person || link.until <= now) this.#links.delete(id);
    const [id, secret, until] = [newSecret(), newSecret(), now + GOOD_MS];
    const number = String(randomInt(10, 100));
    this.#links.set(id, { id, person, secret, until, number, state: 'made' });
    dropOldest(this.#links, MAX_LINKS);
    return { id, code: secret, until };
  }

  /** A device opens a link: it gets a secret of its own. Undefined if the link is used, or over. */
  open(code: string, now = Date.now()): { readonly ticket: string; readonly number: string } | undefined {
    const link = this.#by(code, now);
    if (link?.state !== 'made') return;
    link.state = 'opened';
    link.secret = newSecret();
    return { ticket: link.secret, number: link.number };
  }

  /** What has become of a link, for the person who made it: undefined if it is over. The number is there once a device waits. */
  look(id: string, person: string, now = Date.now()): { readonly number?: string } | undefined {
    const link = this.#of(id, person, now);
    return link && (link.state === 'opened' ? { number: link.number } : {});
  }

  /** The person lets the device in that waits, by a session that began at `since`, or ends the link. False if it is over. */
  decide(id: string, person: string, since: number | undefined, now = Date.now()): boolean {
    const link = this.#of(id, person, now);
    if (!link || (since !== undefined && link.state !== 'opened')) return false;
    if (since === undefined) this.#links.delete(id);
    else {
      link.state = 'confirmed';
      link.since = since;
    }
    return true;
  }

  /** Whom a device is let in as, once; null while it has to wait, undefined if it is not let in. */
  enter(ticket: string, now = Date.now()): { readonly person: string; readonly since: number } | null | undefined {
    const link = this.#by(ticket, now);
    if (!link || link.state === 'made') return;
    if (link.since === undefined) return null;
    this.#links.delete(link.id);
    return { person: link.person, since: link.since };
  }

  #by(secret: string, now: number): DeviceLink | undefined {
    return this.#links.values().find(link => link.secret === secret && link.until > now);
  }

  #of(id: string, person: string, now: number): DeviceLink | undefined {
    const link = this.#links.get(id);
    return link?.person === person && link.until > now ? link : undefined;
  }
}
