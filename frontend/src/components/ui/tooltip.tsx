import { Tooltip as Primitive } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "@/lib/utils";

export const TooltipProvider = Primitive.Provider;
export const Tooltip = Primitive.Root;
export const TooltipTrigger = Primitive.Trigger;

export function TooltipContent({ className, children, ...props }: ComponentProps<typeof Primitive.Content>) {
  return (
    <Primitive.Portal container={document.getElementById("main")}>
      <Primitive.Content
        sideOffset={6}
        collisionPadding={12}
        className={cn("z-40 max-w-sm animate-in rounded-lg bg-card p-4 shadow-sheet fade-in", className)}
        {...props}
      >
        {children}
        <Primitive.Arrow className="fill-card" />
      </Primitive.Content>
    </Primitive.Portal>
  );
}
