/** A browser's session: sends the cookies that it received. */
export class AccountClient {
  static #count = 0;
  readonly url: string;

  readonly address = `192.0.2.${++AccountClient.#count}`;
  cookie = '';
  readonly origin: string;

  constructor(url: string) {
    this.url = url;
    this.origin = new URL(url).origin;
  }

  async ask(method: string, path: string, body?: object, headers: Readonly<Record<string, string>> = {}) {
    const answer = await fetch(this.url + path.slice(1), {
      method,
      redirect: 'manual',
      headers: {
        'X-Forwarded-For': this.address,
        ...(method !== 'GET' && { Origin: this.origin }),
        ...(this.cookie && { Cookie: this.cookie }),
        ...(body && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const set = answer.headers.getSetCookie().map(cookie => cookie.split(';')[0]!);
    if (set.length > 0) this.cookie = set.join('; ');
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, ...(text !== '' && { body: JSON.parse(text) }) } as {
      readonly status: number;
      readonly headers: Headers;
      // biome-ignore lint/suspicious/noExplicitAny: answers have many shapes
      readonly body: any;
    };
  }

  /** The status and the code of an answer. */
  async says(...asked: Parameters<AccountClient['ask']>): Promise<string> {
    const { status, body } = await this.ask(...asked);
    return status < 300 ? String(status) : `${status} ${body?.code}`;
  }

  get headers(): Readonly<Record<string, string>> {
    return { Cookie: this.cookie, Origin: this.origin };
  }
}
