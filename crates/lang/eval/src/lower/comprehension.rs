//! Comprehensions: each `for` and `let` clause opens a frame for what follows it.

use cue_syntax::ast;
use strata_base::Span;

use super::Lowering;
use crate::codes;
use crate::ir::{Clause, ComprehensionId, ComprehensionLit};
use crate::scope::{Binding, ScopeId};

impl Lowering<'_> {
    pub(super) fn comprehension(
        &mut self,
        comprehension: &ast::Comprehension,
        outer: ScopeId,
        span: Span,
    ) -> Option<ComprehensionId> {
        let file = self.file;
        let clauses = file.clause_list(comprehension.clauses);
        if let Some(ast::Clause::Let { .. }) = clauses.first().map(|&clause| file.clause(clause)) {
            self.error(codes::SYNTAX, span, "first comprehension clause must be 'if' or 'for'");
            return None;
        }
        let mut scope = outer;
        let mut lowered = Vec::with_capacity(clauses.len());
        let mut tries = 0;
        for &clause in clauses {
            lowered.push(self.clause(file.clause(clause), &mut scope, &mut tries));
        }
        let saved = self.tried;
        if tries > 0 {
            self.tried = Some((None, 0));
        }
        let body = self.expr(comprehension.body, scope);
        self.tried = saved;
        let fallback = comprehension.fallback.map(|fallback| {
            self.check_fallback(clauses, fallback, span);
            self.expr(fallback.body, outer)
        });
        let id = ComprehensionId(u32::try_from(self.ir.comprehensions.len()).unwrap_or(u32::MAX));
        self.ir.comprehensions.push(ComprehensionLit { clauses: lowered, body, fallback });
        Some(id)
    }

    fn clause(&mut self, clause: ast::Clause, scope: &mut ScopeId, tries: &mut u32) -> Clause {
        match clause {
            ast::Clause::For { key, value, source } => {
                let source = self.expr(source, *scope);
                let inner = self.scopes.open(Some(*scope), true, false);
                // Iteration variables may go unused, as they do in most languages.
                if let Some(key) = key {
                    self.clause_name(inner, key, Binding::ForKey);
                }
                self.clause_name(inner, value, Binding::ForValue);
                *scope = inner;
                Clause::For { source }
            }
            ast::Clause::If(condition) => Clause::If(self.expr(condition, *scope)),
            ast::Clause::Let { name, value } => {
                let value = self.expr(value, *scope);
                self.clause_let(name, scope);
                Clause::Let(value)
            }
            ast::Clause::Try => {
                *tries += 1;
                Clause::Try
            }
            ast::Clause::TryLet { name, value } => {
                let saved = self.tried.replace((None, 0));
                let value = self.expr(value, *scope);
                self.tried = saved;
                self.clause_let(name, scope);
                Clause::TryLet(value)
            }
        }
    }

    fn clause_let(&mut self, name: ast::Name, scope: &mut ScopeId) {
        let inner = self.scopes.open(Some(*scope), true, false);
        self.clause_name(inner, name, Binding::ClauseLet);
        *scope = inner;
    }

    fn clause_name(&mut self, scope: ScopeId, name: ast::Name, binding: Binding) {
        let symbol = self.symbol(name.text);
        let bound = self.scopes.bind(scope, symbol, binding);
        self.tell_clash(bound, symbol, name.span);
    }

    fn check_fallback(&mut self, clauses: &[ast::ClauseId], fallback: ast::Fallback, span: Span) {
        let single = matches!(
            clauses,
            [only] if matches!(self.file.clause(*only), ast::Clause::If(_) | ast::Clause::Try | ast::Clause::TryLet { .. })
        );
        let message = match (fallback.kind, single) {
            (ast::FallbackKind::Otherwise, true) => "use 'else' with single 'if' or 'try' clauses, not 'otherwise'",
            (ast::FallbackKind::Else, false) => "'else' can only be used with single 'if' or 'try' clauses",
            _ => return,
        };
        self.error(codes::SYNTAX, span, message);
    }
}
