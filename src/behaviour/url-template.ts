import { outbound } from './outbound.ts';
import { type Template, template } from './template.ts';

/** The scheme and the host: the host must not come from a packet, as a secret may be sent there. */
const FIXED_HOST = /^https?:\/\/[^/?#{}\s]+([/?#]|$)/i;

/**
 * Compiles a template of a URL; values from packets are escaped. A tag in `kept`, such as `{{secret}}`, is preserved.
 * Throws a sentence for an invalid URL.
 */
export function urlTemplate(text: string, kept?: string): Template {
  if (!FIXED_HOST.test(text))
    throw new Error('URL begins with a fixed place such as https://example.org/; {{fields}} may follow it');
  const parts = kept === undefined ? [text.trim()] : text.trim().split(kept);
  const made = parts.map(part => template(part, encodeURIComponent));
  const write: Template = packet => made.map(each => each(packet)).join(kept ?? '');
  try {
    outbound().read(write({}));
  } catch (error) {
    throw new Error(`URL: ${(error as Error).message}`);
  }
  return write;
}
