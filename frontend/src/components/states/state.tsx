import type { ReactNode } from "react";
import { cn } from "@/lib/utils";

interface StateProps {
  picture: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}

/** What a page shows instead of its content, and what to do about it. */
export function State({ picture, title, children, action, className }: StateProps) {
  return (
    <div className={cn("flex flex-col items-center px-6 py-14 text-center", className)}>
      <div className="mb-5 text-twig">{picture}</div>
      <h2 className="display text-2xl">{title}</h2>
      {children && (
        <div className="mt-2 max-w-md text-muted-foreground [&>p]:first-letter:uppercase">{children}</div>
      )}
      {action && <div className="mt-5">{action}</div>}
    </div>
  );
}
