import type { ReactNode } from "react";
import { useTitle } from "@/lib/use-title";
import { cn } from "@/lib/utils";

interface PageProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** A page with its heading. */
export function Page({ title, lead, actions, className, children }: PageProps) {
  useTitle(title);
  return (
    <div className={cn("mx-auto w-full max-w-5xl px-4 pt-6 pb-16 sm:px-8 lg:pt-12", className)}>
      <header className="mb-7 flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
        <div className="max-w-2xl">
          <h1 className="display text-[2.1rem] sm:text-4xl">{title}</h1>
          {lead && <p className="mt-2 text-muted-foreground">{lead}</p>}
        </div>
        {actions}
      </header>
      {children}
    </div>
  );
}
