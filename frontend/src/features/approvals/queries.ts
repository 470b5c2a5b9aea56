import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

export function useApprovals() {
  return useQuery({
    queryKey: ["approvals"],
    queryFn: ({ signal }) => unwrap(api.GET("/v1/approvals", { signal })),
    select: (page) => page.items,
    refetchInterval: (query) => (query.state.status === "error" ? false : 15_000),
  });
}

/** How many side effects wait for a person. */
export function usePendingApprovals(): number {
  return useApprovals().data?.filter((approval) => approval.status === "pending").length ?? 0;
}

export function useDecide() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, decision }: { id: string; decision: "approve" | "deny" }) =>
      unwrap(
        api.POST("/v1/approvals/{approval_id}", {
          params: { path: { approval_id: id } },
          body: { decision },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["approvals"] }),
  });
}
