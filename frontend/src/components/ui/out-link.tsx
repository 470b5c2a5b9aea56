import { ExternalLink } from "lucide-react";

/**
 * A way out of the dashboard. It shows where it leads, tells that place nothing, and is followed by a click alone;
 * what is no web address is text.
 */
export function OutLink({ url }: { url: string }) {
  const address = webAddress(url);
  return address ? (
    <a
      href={address.href}
      target="_blank"
      rel="noopener noreferrer"
      title={address.href}
      className="inline-flex max-w-full items-center gap-1 text-primary underline underline-offset-4"
    >
      <span className="truncate">Open at {address.host}</span>
      <ExternalLink aria-hidden className="size-3.5 shrink-0" />
    </a>
  ) : (
    <span className="break-all">{url}</span>
  );
}

/** Return an http or https address; null for anything else, such as a script. */
export function webAddress(url: string): URL | null {
  const address = URL.canParse(url) ? new URL(url) : null;
  return address && ["http:", "https:"].includes(address.protocol) ? address : null;
}
