/** The sign of flowchat: two packets that become one answer. The same as icon.svg. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" />
      <path d="M11.6 11.5H14c4 0 3.5 4.5 8.6 4.5M11.6 20.5H14c4 0 3.5-4.5 6-4.5" />
      <circle cx="9" cy="11.5" r="2.6" />
      <circle cx="9" cy="20.5" r="2.6" />
      <circle cx="22.6" cy="16" r="2.6" />
    </svg>
  );
}
