/** A part of a text; a link if it has an `href`. */
interface Segment {
  readonly text: string;
  readonly href?: string;
}

const candidate = /\bhttps?:\/\/[^\s<>"]+/giu;
const openers: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** Counts the brackets of a text by kind. */
function brackets(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [bracket] of text.matchAll(/[()[\]{}]/g)) counts.set(bracket, (counts.get(bracket) ?? 0) + 1);
  return counts;
}

/** Cuts trailing punctuation off an address, and closing brackets that were opened before it. */
function withoutTail(url: string): string {
  const counts = brackets(url);
  let end = url.length;
  for (; end > 0; end--) {
    const last = url[end - 1]!;
    const opener = openers[last];
    if (!opener && !".,:;!?'*_~…".includes(last)) break;
    if (!opener) continue;
    const closed = counts.get(last)!;
    if (closed <= (counts.get(opener) ?? 0)) break;
    counts.set(last, closed - 1);
  }
  return url.slice(0, end);
}

function address(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  return protocol === 'http:' || protocol === 'https:' ? href : undefined;
}

/** Splits a text into plain parts and http(s) links; joined, the parts are the text again. */
export function segments(text: string): Segment[] {
  const found: Segment[] = [];
  let end = 0;
  for (const match of text.matchAll(candidate)) {
    const url = withoutTail(match[0]);
    const href = address(url);
    if (!href) continue;
    if (match.index > end) found.push({ text: text.slice(end, match.index) });
    found.push({ text: url, href });
    end = match.index + url.length;
  }
  if (end < text.length) found.push({ text: text.slice(end) });
  return found;
}
