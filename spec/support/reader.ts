import type { Connection, Told, Transport } from './transports.ts';

/** A reader of a room who resumes after each interruption. */
export class Reader {
  readonly told: Told[] = [];
  /** That of the transport. */
  readonly name: string;
  cursor: string;
  #connection: Connection | undefined;
  readonly #connect: (after: string) => Connection;

  constructor(transport: Transport, origin: string, room: string, after: string) {
    this.name = transport.name;
    this.cursor = after;
    this.#connect = from =>
      transport.hear(origin, room, from, told => {
        this.cursor = told.cursor;
        this.told.push(told);
      });
  }

  /** Messages by their numbers, and `gap`s. */
  get heard(): readonly (number | string)[] {
    return this.told.map(({ seq, cursor }) => seq ?? `gap ${cursor.split(':')[1]}`);
  }

  get isThere(): boolean {
    return this.#connection !== undefined && !this.#connection.ended;
  }

  come(): void {
    if (!this.isThere) this.#connection = this.#connect(this.cursor);
  }

  drop(): void {
    this.#connection?.drop();
    this.#connection = undefined;
  }
}
