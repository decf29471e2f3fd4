import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Outbox } from '../model/outbox.ts';
import type { Room } from '../model/room.ts';
import type { ScrollAnchor as Stop } from '../net/chat.ts';
import { useChat } from './hooks.ts';

/** What the place tells of. */
interface ScrollListener {
  /** Whether the end is in sight; not told before the room has come into sight where one begins to read. */
  ended(ended: boolean): void;
  /** The beginning comes near. */
  near(): void;
  /** Which message is in sight; undefined at the end. */
  stopped(stop: Stop | undefined): void;
}

/** How near to the end counts as there; pixels. */
const slack = 48;

/** Whether the browser keeps the message in sight where it is by itself, except at the very beginning of what scrolls. */
const anchors = CSS.supports('overflow-anchor', 'auto');

/**
 * Keeps a reader's place while messages are added above and below or change their height: at the end it stays at the
 * end, elsewhere the message in sight stays where it is.
 */
class ScrollKeeper {
  readonly #scroller: HTMLElement;
  readonly #content: HTMLElement;
  readonly #listener: ScrollListener;
  readonly #sizes: ResizeObserver;
  #height = 0;
  #top = 0;
  #ended = true;
  #begun = false;
  /** Whether the end is in sight, as it was told. */
  #reported: boolean | undefined;
  #loaded = false;
  readonly #stop: Stop | undefined;
  #anchor: { row: Element; offset: number } | undefined;

  /** `stop` is where one stopped to read; without it one begins at what is new, or at the end. */
  constructor(scroller: HTMLElement, content: HTMLElement, listener: ScrollListener, stop?: Stop) {
    this.#stop = stop;
    this.#scroller = scroller;
    this.#content = content;
    this.#listener = listener;
    this.#sizes = new ResizeObserver(() => this.#settle());
    this.#sizes.observe(content);
    this.#sizes.observe(scroller);
    scroller.addEventListener('scroll', this.#moved, { passive: true });
  }

  /** Lets go of what scrolls. */
  release(): void {
    this.#sizes.disconnect();
    this.#scroller.removeEventListener('scroll', this.#moved);
  }

  /** Goes to the end, and stays there. */
  toEnd(): void {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#noteEnd(true);
  }

  /** Goes to where what is new begins, or to the first message where that is further up. */
  toLine(): void {
    const line = this.#content.querySelector('.divider.new');
    this.#ended = false;
    this.#scroller.scrollTop = line ? this.#offset(line) - this.#scroller.clientHeight / 4 : 0;
  }

  /** Goes to the message that the address leads to; false where it is not there. */
  toTarget(): boolean {
    const row = this.#content.querySelector('.row[data-target]');
    if (!row) return false;
    this.#begun = true;
    this.#noteEnd(false);
    this.#scroller.scrollTop = this.#offset(row) - this.#scroller.clientHeight / 2;
    this.#look();
    return true;
  }

  /**
   * Goes where the reader was. To be called after the messages changed, before the browser draws them; `loaded` says
   * whether they are there.
   */
  restore(loaded: boolean): void {
    this.#loaded = loaded;
    // The browser's own way does not count as a shift of the layout while the reader scrolls at the same time.
    if (this.#ended || !this.#begun || !anchors || this.#top <= 0) this.#settle();
  }

  /** Runs when sizes changed, after layout and before they are painted. */
  #settle(): void {
    if (this.#loaded && !this.#begun) this.#begin();
    if (this.#ended) this.toEnd();
    else this.#stay();
    this.#height = this.#scroller.scrollHeight;
    this.#look();
  }

  #stay(): void {
    if (!this.#anchor?.row.isConnected) return;
    const top = this.#top + this.#offset(this.#anchor.row) - this.#anchor.offset;
    if (Math.abs(this.#scroller.scrollTop - top) > 1) this.#scroller.scrollTop = top;
  }

  /** Starts where one stopped to read, or at what is new where that is more than fits, otherwise at the end. */
  #begin(): void {
    this.#begun = true;
    const { scrollHeight, clientHeight } = this.#scroller;
    const end = scrollHeight - clientHeight;
    const line = this.#content.querySelector('.divider.new');
    const rows = [...this.#content.querySelectorAll<HTMLElement>('.row')];
    const row = this.#stop && rows.find(({ dataset }) => dataset.key === this.#stop!.key);
    let top = end;
    if (row) top = this.#offset(row) - this.#stop!.offset;
    else if (line) top = this.#offset(line) - clientHeight / 4;
    this.#scroller.scrollTop = top;
    this.#noteEnd(top >= end - slack);
  }

  readonly #moved = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    this.#top = scrollTop;
    // What has just been added is settled in this frame, and does not mean that the reader left the end.
    if (scrollHeight !== this.#height) return;
    this.#noteEnd(scrollHeight - scrollTop - clientHeight <= slack);
    this.#look();
  };

  /** Notes which message is in sight, and where, unless the reader is at the end. */
  #look(): void {
    this.#top = this.#scroller.scrollTop;
    if (this.#top < 2 * this.#scroller.clientHeight) this.#listener.near();
    if (this.#ended) {
      if (this.#begun) this.#listener.stopped(undefined);
      return;
    }
    const { top } = this.#scroller.getBoundingClientRect();
    const inSight = (element: Element) => element.getBoundingClientRect().bottom > top;
    // Only the chunk in sight is searched: asking for a place inside another one would have it laid out.
    const chunk = [...this.#content.getElementsByClassName('chunk')].find(inSight);
    const row = chunk && [...chunk.getElementsByClassName('row')].find(inSight);
    if (!row) return;
    const offset = this.#offset(row);
    this.#anchor = { row, offset };
    this.#listener.stopped({ key: row.getAttribute('data-key') ?? '', offset: offset - this.#top });
  }

  /**
   * Where an element ends in the content, however far that is scrolled. Not where it begins: a message that no longer
   * opens its group loses what stands above its text.
   */
  #offset(element: Element): number {
    return element.getBoundingClientRect().bottom - this.#content.getBoundingClientRect().top;
  }

  #noteEnd(ended: boolean): void {
    this.#ended = ended;
    if (!this.#begun || ended === this.#reported) return;
    this.#reported = ended;
    this.#listener.ended(ended);
  }
}

/**
 * Keeps the place in a room's messages whenever the component is drawn, loads earlier ones where the beginning comes near,
 * and goes to the end on demand. Whether the end is in sight is undefined until one has begun to read.
 */
export function usePlace(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  { name, loaded }: Room,
) {
  const chat = useChat();
  const place = useRef<ScrollKeeper>(undefined);
  const [ended, setEnded] = useState<boolean>();
  useLayoutEffect(() => {
    const listener = {
      ended: setEnded,
      near: () => chat.older(),
      stopped: (stop: Parameters<typeof chat.scrollAnchors.set>[1] | undefined) =>
        stop ? chat.scrollAnchors.set(name, stop) : chat.scrollAnchors.delete(name),
    };
    place.current = new ScrollKeeper(scroller.current!, content.current!, listener, chat.scrollAnchors.get(name));
    return () => place.current?.release();
  }, [chat, scroller, content, name]);
  useLayoutEffect(() => place.current?.restore(loaded));
  return {
    ended,
    toEnd: () => place.current?.toEnd(),
    toLine: () => place.current?.toLine(),
    toTarget: () => place.current?.toTarget() === true,
  };
}

/** Goes to the end of a room whenever one has written something there; what was written before the room was shown does not count. */
export function useFollow(outbox: Outbox, room: string, toEnd: () => void): void {
  const written = outbox.findLast(entry => entry.room === room)?.at ?? 0;
  const latest = useRef(written);
  useEffect(() => {
    if (written > latest.current) toEnd();
    latest.current = Math.max(latest.current, written);
  });
}
