/** A day by the reader's clock, as milliseconds since 1970: its midnight and the next one. */
export interface Day {
  readonly start: number;
  readonly end: number;
}

/** The day that a moment falls on, by the local clock. */
export function dayOf(at: number): Day {
  const day = new Date(at);
  // Where the clock goes forward at midnight a day begins at one, and the next one at midnight all the same.
  const [start, end] = [0, 1].map(later =>
    new Date(day.getFullYear(), day.getMonth(), day.getDate() + later).getTime(),
  );
  return { start: start!, end: end! };
}

/** Says days and times in English, with the clock (12 or 24 hours) of the reader's locale. */
export class Calendar {
  readonly #clock: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #year: Intl.DateTimeFormat;
  readonly #full: Intl.DateTimeFormat;

  constructor(locale: string) {
    const english = locale.startsWith('en') ? locale : 'en-GB';
    const { hour12 } = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions();
    const hours = hour12
      ? ({ hour: 'numeric', hourCycle: 'h12' } as const)
      : ({ hour: '2-digit', hourCycle: 'h23' } as const);
    const clock = { ...hours, minute: '2-digit' } as const;
    const day = { weekday: 'long', day: 'numeric', month: 'long' } as const;
    this.#clock = new Intl.DateTimeFormat(english, clock);
    this.#day = new Intl.DateTimeFormat(english, day);
    this.#year = new Intl.DateTimeFormat(english, { ...day, year: 'numeric' });
    this.#full = new Intl.DateTimeFormat(english, { ...day, year: 'numeric', ...clock, second: '2-digit' });
  }

  /** `14:05` */
  clock(at: number): string {
    return this.#clock.format(at);
  }

  /** `Today`, `Yesterday`, `Monday, 2 March`, and with the year where it is another than now. */
  day(at: number, now: number): string {
    const today = dayOf(now);
    if (at >= today.start && at < today.end) return 'Today';
    if (at >= dayOf(today.start - 1).start && at < today.start) return 'Yesterday';
    const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
    return (sameYear ? this.#day : this.#year).format(at);
  }

  /** `Monday, 2 March 2026 at 14:05:09` */
  full(at: number): string {
    return this.#full.format(at);
  }
}
