/** A packet as a tree that can be read: objects open and close, texts in quotes. */
export function Tree({ data, depth = 0 }: { data: unknown; depth?: number }) {
  const entries = typeof data === 'object' && data !== null ? Object.entries(data) : undefined;
  if (!entries) return <Leaf data={data} />;
  if (entries.length === 0) return <code className="leaf">{Array.isArray(data) ? '[]' : '{}'}</code>;
  return (
    <ul className="tree">
      {entries.slice(0, MOST).map(([key, value]) => (
        <Branch key={key} name={key} value={value} depth={depth} />
      ))}
      {entries.length > MOST && <li className="hint">… and {entries.length - MOST} more</li>}
    </ul>
  );
}

const MOST = 100;

function Branch({ name, value, depth }: { name: string; value: unknown; depth: number }) {
  const size = typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
  if (size === 0) {
    return (
      <li>
        <span className="key">{name}</span> <Tree data={value} />
      </li>
    );
  }
  return (
    <li>
      <details open={depth < 1}>
        <summary>
          <span className="key">{name}</span>{' '}
          <span className="hint">{Array.isArray(value) ? `[${size}]` : `{${size}}`}</span>
        </summary>
        <Tree data={value} depth={depth + 1} />
      </details>
    </li>
  );
}

function Leaf({ data }: { data: unknown }) {
  const kind = data === null ? 'null' : typeof data;
  return (
    <code className="leaf" data-kind={kind}>
      {data === undefined ? 'nothing' : JSON.stringify(data)}
    </code>
  );
}
