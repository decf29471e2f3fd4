/** What the chat's page and the editor's tell each other within one browser. Never anything secret: any page from here may listen. */
export type TabMessage =
  | { readonly editor: 'wanted' | 'open' | 'closed' }
  /** The id of a message whose way through the graph is to be shown. */
  | { readonly way: string };

/** The line between the pages of one server; `base` is its address. Two servers below one host have a line each. */
export const crossTabChannel = (base: URL): BroadcastChannel => new BroadcastChannel(`flowchat:${base.pathname}`);
