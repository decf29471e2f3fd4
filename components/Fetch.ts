import { Component } from 'noflo';
import { type Body, bodyOf } from '../src/behaviour/body.ts';
import { type AnyPacket, withField } from '../src/behaviour/fields.ts';
import { type OutboundAnswer, type OutboundRequest, outbound } from '../src/behaviour/outbound.ts';
import { secretName, secretNamed } from '../src/behaviour/secrets.ts';
import { linesOf, settingsReader, type Values } from '../src/behaviour/settings.ts';
import { type Template, template, timeTemplate } from '../src/behaviour/template.ts';
import { urlTemplate } from '../src/behaviour/url-template.ts';
import { refusal } from '../src/model/codes.ts';
import { anyPacket, sameAs, setting, slow } from '../src/model/port-options.ts';

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const MAX_TIMEOUT_MS = 60_000;
const MAX_NESTING = 32;

const HEADER = /^([!#$%&'*+.^`|~\w-]+)\s*:\s*(.*)$/s;
/** Headers that are set by the connection or by SECRET. */
const NOT_OWN = /^(host|connection|content-length|transfer-encoding|upgrade|expect|te|trailer|proxy-.*|cookie)$/i;

/** A request, as the settings describe it. */
interface Asking {
  readonly url: Template;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: Template])[];
  readonly body: Body | undefined;
  /** The name of a secret. */
  readonly secret: string | undefined;
  /** Milliseconds. */
  readonly timeout: (packet: AnyPacket) => number;
}

/** Parses lines such as `Accept: text/plain`. Throws a sentence for an invalid or reserved header. */
export function headerTemplates(value: unknown): Asking['headers'] {
  return linesOf(value).map(line => {
    const [, name = '', text = ''] = HEADER.exec(line) ?? [];
    if (name === '') throw new Error('HEADERS has a header on each line, such as "Accept: text/plain"');
    if (NOT_OWN.test(name)) throw new Error(`HEADERS can't have ${name}; it is set by itself, or never sent`);
    if (/^authorization$/i.test(name) && !text.includes('{{secret}}'))
      throw new Error('HEADERS: what stands at Authorization is a secret; name it at SECRET');
    return [name, template(text)];
  });
}

/**
 * The request for a packet. The secret is sent as a bearer token, or in place of `{{secret}}` in the headers. Throws a
 * sentence.
 */
function requestFor(packet: AnyPacket, asking: Asking, secret: string | undefined): OutboundRequest {
  const { url, method, body, timeout } = asking;
  const known = { ...packet, secret };
  const own = asking.headers.map(([name, value]): [string, string] => [name, value(known).replace(/[\r\n]+/g, ' ')]);
  const isTold = secret !== undefined && own.some(([, value]) => value.includes(secret));
  const headers = {
    accept: 'application/json, text/plain;q=0.9, */*;q=0.8',
    ...(body && { 'content-type': body.type }),
    ...(secret !== undefined && !isTold && { authorization: `Bearer ${secret}` }),
    ...Object.fromEntries(own.map(([name, value]) => [name.toLowerCase(), value])),
  };
  return {
    url: url(packet),
    method,
    headers,
    timeout: timeout(packet),
    follows: true,
    ...(body && { body: body.write(packet) }),
  };
}

/**
 * The other server's answer as a frozen field of a packet. JSON is parsed; the secret is removed if the answer contains
 * it.
 */
function responseOf({ status, headers, text }: OutboundAnswer, secret: string | undefined): object {
  const told = secret === undefined ? text : text.replaceAll(secret, '…');
  const type = String(headers['content-type'] ?? '');
  return Object.freeze({ status, type, body: /\bjson\b/.test(type) ? jsonIn(told) : told.toWellFormed() });
}

/** JSON as frozen plain data; the text itself if it is no JSON. */
function jsonIn(text: string): unknown {
  try {
    return frozenJson(JSON.parse(text));
  } catch {
    return text.toWellFormed();
  }
}

function frozenJson(value: unknown, depth = 0): unknown {
  if (depth > MAX_NESTING) throw new Error('it nests too deep');
  if (typeof value !== 'object' || value === null) return value;
  for (const each of Object.values(value)) frozenJson(each, depth + 1);
  return Object.freeze(value);
}

/** Requests another server. Each packet leaves when its answer arrives, so a slow one does not delay the next. */
export const getComponent = () => {
  const tooLong = 'TIMEOUT is 1 min at most; who waits for an answer is told after DEADLINE that there is none';
  const timeout = (value: unknown) => timeTemplate('TIMEOUT', value, MAX_TIMEOUT_MS, tooLong);
  const settings = {
    url: setting({
      datatype: 'string',
      title: 'URL',
      required: true,
      description: 'Such as https://example.org/weather?place={{text}}; what comes from a packet is escaped',
      check: urlTemplate,
    }),
    method: setting({
      datatype: 'string',
      title: 'Method',
      default: 'GET',
      values: [...METHODS],
      description: 'Of HTTP',
    }),
    headers: setting({
      datatype: 'string',
      title: 'Headers',
      lines: 'list',
      description: 'One on each line, such as "Accept: text/plain"; {{secret}} stands for the secret',
      check: headerTemplates,
    }),
    body: setting({
      datatype: 'string',
      title: 'Body',
      lines: 'many',
      description: 'A template, or JSON with templates in its texts; GET has none',
      check: (value: string) => bodyOf(value),
    }),
    secret: setting({
      datatype: 'string',
      title: 'Secret',
      secret: true,
      description: 'The name of the secret that is sent as "Authorization: Bearer …", or at {{secret}} in the headers',
      check: (value: string) => secretName('SECRET', value),
    }),
    timeout: setting({
      datatype: 'string',
      title: 'Within',
      default: '5 s',
      description: 'How long to wait for the answer; less than DEADLINE where somebody waits for it',
      check: timeout,
    }),
  };
  const asking = (values: Values<typeof settings>): Asking => ({
    url: urlTemplate(String(values.url)),
    method: String(values.method),
    headers: headerTemplates(values.headers),
    body: values.body === undefined || values.method === 'GET' ? undefined : bodyOf(String(values.body)),
    secret: values.secret === undefined ? undefined : secretName('SECRET', values.secret),
    timeout: timeout(values.timeout),
  });
  const read = settingsReader(settings, asking);
  return new Component({
    description: 'Asks another server',
    icon: 'cloud-download',
    inPorts: { in: anyPacket('Packet, such as a post'), ...settings },
    outPorts: {
      out: slow(
        sameAs('in', 'The packet with what was answered as response: {status, type, body}, whatever the status is'),
      ),
      failed: slow({
        datatype: 'object',
        schema: 'chat/refusal',
        description: 'Refusal 502: there was no answer in time, or none that can be used',
      }),
    },
    process(input, output) {
      const settings = read(input);
      if (!settings) return;
      if (!input.hasData('in')) return output.done();
      const packet: AnyPacket = input.getData('in');
      const fail = ({ message }: Error) =>
        output.sendDone({ failed: refusal(String(packet.id), 'fetch-failed', message) });
      try {
        const secret = settings.secret === undefined ? undefined : secretNamed('SECRET', settings.secret);
        const answer = outbound().ask(requestFor(packet, settings, secret));
        answer.then(got => output.sendDone({ out: withField(packet, ['response'], responseOf(got, secret)) }), fail);
      } catch (error) {
        fail(error as Error);
      }
    },
  });
};
