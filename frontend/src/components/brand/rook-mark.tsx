import type { SVGProps } from "react";

export const ROOK_BODY =
  "M46.5 13.5C44.8 9.3 41 6.6 36.6 6.9 31.4 7.3 27.8 11 26 15.6 24.6 19.2 22 22.2 19.3 25.6 14.5 31.7 8.8 39 2.6 49.4c-.9 1.5.7 3.1 2.2 2.2L18.2 44C21 47.2 25.3 49 30 48.5 38.6 47.6 45 41 46.2 32.6 46.7 29.2 46.5 26.6 46.8 23.6L47.6 21.9Z";
export const ROOK_BILL =
  "M46.5 13.5C52.5 14.9 58.6 18.6 62.4 23.9 57.2 22.9 51.8 23.2 46.8 24.6 47.2 21 47.2 17 46.5 13.5Z";

/** A rook on its branch; the pale bill takes the accent colour. */
export function RookMark(props: SVGProps<SVGSVGElement>) {
  return (
    <svg viewBox="0 0 64 64" fill="none" aria-hidden="true" {...props}>
      <path d={ROOK_BODY} fill="currentColor" />
      <path d={ROOK_BILL} className="fill-primary" />
      <circle cx="40.2" cy="15.2" r="1.8" className="fill-background" />
      <path
        d="M26.5 48 25.5 56.5M33.5 47.5V56.5M8 57.5H57"
        stroke="currentColor"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
    </svg>
  );
}
