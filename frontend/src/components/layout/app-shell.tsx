import { Menu } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Link, Outlet, ScrollRestoration, useLocation } from "react-router";
import { RookMark } from "@/components/brand/rook-mark";
import { Button } from "@/components/ui/button";
import { Sheet, SheetContent, SheetDescription, SheetTitle, SheetTrigger } from "@/components/ui/sheet";
import { ThemeButton } from "@/features/theme/theme-button";
import { Nav } from "./nav";
import { ServerBanner, ServerStatus } from "./server-status";

export function AppShell() {
  const main = useFocusOnNavigation();
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[15.5rem_minmax(0,1fr)] print:block">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-3 focus:left-3 focus:z-50 focus:rounded-md focus:bg-primary focus:px-4 focus:py-2 focus:text-primary-foreground"
      >
        Skip to the content
      </a>
      <header className="sticky top-0 z-30 flex h-14 items-center justify-between border-b bg-background/95 px-2 lg:hidden print:hidden">
        <Drawer />
        <Brand />
        <ThemeButton />
      </header>
      <header className="hidden border-r lg:block print:hidden">
        <div className="sticky top-0 flex h-dvh flex-col gap-8 overflow-y-auto px-4 pt-7 pb-5">
          <Brand className="px-3" />
          <Nav />
          <div className="mt-auto flex items-center justify-between gap-1 pl-3">
            <ServerStatus />
            <ThemeButton />
          </div>
        </div>
      </header>
      <div className="min-w-0">
        <ServerBanner />
        <main id="main" ref={main} tabIndex={-1} className="outline-none">
          <Outlet />
        </main>
      </div>
      <ScrollRestoration />
    </div>
  );
}

function Brand({ className = "" }: { className?: string }) {
  return (
    <Link to="/" className={`flex items-center gap-2.5 rounded-md ${className}`}>
      <RookMark className="size-8" />
      <span className="display text-[1.45rem]">Rookery</span>
    </Link>
  );
}

function Drawer() {
  const [open, setOpen] = useState(false);
  return (
    <Sheet open={open} onOpenChange={setOpen}>
      <SheetTrigger asChild>
        <Button variant="ghost" size="icon" aria-label="Open the navigation">
          <Menu aria-hidden />
        </Button>
      </SheetTrigger>
      <SheetContent side="left" className="gap-7 px-4 pt-5 pb-5">
        <SheetTitle className="display flex items-center gap-2.5 px-3 text-[1.45rem]">
          <RookMark className="size-8" /> Rookery
        </SheetTitle>
        <SheetDescription className="sr-only">The pages of the dashboard</SheetDescription>
        <Nav onGo={() => setOpen(false)} />
        <div className="mt-auto pl-3">
          <ServerStatus />
        </div>
      </SheetContent>
    </Sheet>
  );
}

/** Move the focus into the page on each navigation, as a page load would. */
function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current !== pathname) {
      shown.current = pathname;
      main.current?.focus({ preventScroll: true });
    }
  }, [pathname]);
  return main;
}
