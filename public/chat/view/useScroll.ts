import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Outbox } from '../model/outbox.ts';
import type { Room } from '../model/room.ts';
import type { ScrollAnchor as Stop } from '../model/timeline.ts';
import { useChat } from './hooks.ts';

interface ScrollListener {
  /** Whether the end is visible; not called before the first position is set. */
  ended(ended: boolean): void;
  /** The reader scrolled near the beginning. */
  near(): void;
  /** The topmost visible message; undefined at the end. */
  stopped(stop: Stop | undefined): void;
}

/** Pixels from the end that still count as the end. */
const slack = 48;

/** Whether the browser supports scroll anchoring, which does not work at the very top. */
const anchors = CSS.supports('overflow-anchor', 'auto');

/**
 * Keeps the scroll position while messages are added or change their height: at the end it stays at the end, elsewhere
 * the topmost visible message stays in place.
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
  /** The value last passed to `listener.ended`. */
  #reported: boolean | undefined;
  #loaded = false;
  readonly #stop: Stop | undefined;
  #anchor: { row: Element; offset: number } | undefined;

  /** `stop` is where the reader left; without it the view starts at the new messages, or at the end. */
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

  /** Stops observing. */
  release(): void {
    this.#sizes.disconnect();
    this.#scroller.removeEventListener('scroll', this.#moved);
  }

  /** Scrolls to the end, and stays there. */
  toEnd(): void {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#noteEnd(true);
  }

  /** Scrolls to the "new messages" line, or to the first message if the line is above it. */
  toLine(): void {
    const line = this.#content.querySelector('.divider.new');
    this.#ended = false;
    this.#scroller.scrollTop = line ? this.#offset(line) - this.#scroller.clientHeight / 4 : 0;
  }

  /** Scrolls to the message that the address links to; false if it is not rendered. */
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
   * Restores the position. Call after messages changed and before the browser paints; `loaded` tells whether the
   * messages are loaded.
   */
  restore(loaded: boolean): void {
    this.#loaded = loaded;
    // Prefer the browser's scroll anchoring: it does not count as a layout shift while the reader scrolls.
    if (this.#ended || !this.#begun || !anchors || this.#top <= 0) this.#settle();
  }

  /** Runs after layout and before painting, when sizes changed. */
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

  /**
   * Sets the first position: where the reader stopped, else the "new messages" line if it is above the view, else the
   * end.
   */
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
    // A changed height means that messages were added, not that the reader scrolled; #settle handles it.
    if (scrollHeight !== this.#height) return;
    this.#noteEnd(scrollHeight - scrollTop - clientHeight <= slack);
    this.#look();
  };

  /** Remembers the topmost visible message, unless the reader is at the end. */
  #look(): void {
    this.#top = this.#scroller.scrollTop;
    if (this.#top < 2 * this.#scroller.clientHeight) this.#listener.near();
    if (this.#ended) {
      if (this.#begun) this.#listener.stopped(undefined);
      return;
    }
    const { top } = this.#scroller.getBoundingClientRect();
    const inSight = (element: Element) => element.getBoundingClientRect().bottom > top;
    // Only the visible chunk is searched: measuring inside others would force their layout.
    const chunk = [...this.#content.getElementsByClassName('chunk')].find(inSight);
    const row = chunk && [...chunk.getElementsByClassName('row')].find(inSight);
    if (!row) return;
    const offset = this.#offset(row);
    this.#anchor = { row, offset };
    this.#listener.stopped({ key: row.getAttribute('data-key') ?? '', offset: offset - this.#top });
  }

  /**
   * The bottom edge of an element within the content. Not the top edge: a message that no longer opens its group loses
   * its author line.
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
 * Keeps the scroll position of a room across renders, and loads earlier messages near the beginning. `ended` is
 * undefined until the first position is set.
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

/** Scrolls to the end when the user posts in this room. */
export function useFollow(outbox: Outbox, room: string, toEnd: () => void): void {
  const written = outbox.findLast(entry => entry.room === room)?.at ?? 0;
  const latest = useRef(written);
  useEffect(() => {
    if (written > latest.current) toEnd();
    latest.current = Math.max(latest.current, written);
  });
}
