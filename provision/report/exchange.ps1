#Requires -Version 5.1
#Requires -Modules @{ ModuleName = 'ExchangeOnlineManagement'; ModuleVersion = '3.0.0' }
<#
.SYNOPSIS
Limits what one application may do with mail to one mailbox, by RBAC for Applications in Exchange Online.

.DESCRIPTION
Written by provision #VERSION#. It may be run again: what is there already is left as it is.
-WhatIf shows what it would do and changes nothing. -Undo removes what it made and nothing else.
Who runs it has to be in the role group Organization Management.
https://learn.microsoft.com/exchange/permissions-exo/application-rbac
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    # Remove what this script made.
    [switch] $Undo,
    # The cloud, in the words of https://learn.microsoft.com/powershell/module/exchange/connect-exchangeonline
#CLOUD#
)
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

# The values of this config, of its tenant and of its application.
#VALUES#

# The kinds of recipient that are a mailbox of their own. Not MailUser, whose mailbox is elsewhere.
#    https://learn.microsoft.com/powershell/module/exchange/get-recipient (RecipientTypeDetails)
$MailboxKinds = @('UserMailbox', 'SharedMailbox', 'RoomMailbox', 'EquipmentMailbox', 'LinkedMailbox')

if ($Target -ne 'graph') {
    throw 'This script was written in a rehearsal: its application is in no real tenant.'
}

# 1. The connection, which must be to the config's own tenant.
#    https://learn.microsoft.com/powershell/module/exchange/get-connectioninformation
$connected = @(Get-ConnectionInformation | Where-Object { $_.State -eq 'Connected' })
if ($connected.Count -eq 0) {
    Connect-ExchangeOnline -ExchangeEnvironmentName $ExchangeEnvironmentName -ShowBanner:$false
    $connected = @(Get-ConnectionInformation | Where-Object { $_.State -eq 'Connected' })
}
$elsewhere = @($connected | Where-Object { [string] $_.TenantID -ne $TenantId })
if ($connected.Count -eq 0 -or $elsewhere.Count -gt 0) {
    throw ('This session is not connected to the tenant {0} alone. Run Disconnect-ExchangeOnline first.' -f $TenantId)
}

# 2. What is there. Every list is read whole, so that a missing right is an error and not an empty answer.
#    https://learn.microsoft.com/powershell/module/exchange/get-serviceprincipal
#    https://learn.microsoft.com/powershell/module/exchange/get-managementscope
#    https://learn.microsoft.com/powershell/module/exchange/get-managementroleassignment
$principals = @(Get-ServicePrincipal | Where-Object { [string] $_.AppId -eq $AppId })
$scopes = @(Get-ManagementScope | Where-Object { $_.Name -eq $ScopeName })
$assignments = @(Get-ManagementRoleAssignment -Role $RoleName | Where-Object { $_.Name -eq $AssignmentName })

# Application access policies are the older way, and answer beside this one. They are only named here.
#    https://learn.microsoft.com/powershell/module/exchange/get-applicationaccesspolicy
$policies = @(Get-ApplicationAccessPolicy | Where-Object { [string] $_.AppId -eq $AppId })
foreach ($policy in $policies) {
    Write-Warning ('Legacy application access policy for this application: {0} {1} ({2})' -f $policy.AccessRight, $policy.ScopeName, $policy.Identity)
}

if ($Undo) {
    # The assignment goes first: a scope in use cannot be removed.
    #    https://learn.microsoft.com/powershell/module/exchange/remove-managementroleassignment
    if ($assignments.Count -gt 0 -and $PSCmdlet.ShouldProcess($AssignmentName, 'Remove-ManagementRoleAssignment')) {
        Remove-ManagementRoleAssignment -Identity $AssignmentName -Confirm:$false
    }
    #    https://learn.microsoft.com/powershell/module/exchange/remove-managementscope
    if ($scopes.Count -gt 0 -and $PSCmdlet.ShouldProcess($ScopeName, 'Remove-ManagementScope')) {
        Remove-ManagementScope -Identity $ScopeName -Confirm:$false
    }
    # The service principal of Exchange goes if it bears our name, and has no role that somebody else gave it.
    #    https://learn.microsoft.com/powershell/module/exchange/remove-serviceprincipal
    $ours = @($principals | Where-Object { $_.DisplayName -eq $ScopeName })
    if ($ours.Count -gt 0) {
        $others = @(Test-ServicePrincipalAuthorization -Identity $ObjectId | Where-Object { [string] $_.AllowedResourceScope -ne $ScopeName })
        if ($others.Count -gt 0) {
            Write-Warning 'The service principal has other roles in Exchange and is left where it is.'
        }
        elseif ($PSCmdlet.ShouldProcess($ObjectId, 'Remove-ServicePrincipal')) {
            Remove-ServicePrincipal -Identity $ObjectId -Confirm:$false
        }
    }
    return
}

# 3. The mailbox: the one recipient whose primary address this is. A filter by PrimarySmtpAddress searches all
#    of EmailAddresses, and finds groups and contacts as well, so what it found is compared here.
#    https://learn.microsoft.com/powershell/exchange/filter-properties
#    https://learn.microsoft.com/powershell/module/exchange/get-recipient
$found = @(Get-Recipient -Filter $Filter)
$primary = @($found | Where-Object { [string] $_.PrimarySmtpAddress -eq $Mailbox })
if ($found.Count -gt 0 -and $primary.Count -eq 0) {
    throw ('{0} is an alias of {1} ({2}). Write the primary address of a mailbox in mail.address.' -f $Mailbox, $found[0].PrimarySmtpAddress, $found[0].RecipientTypeDetails)
}
if ($found.Count -ne 1) {
    throw ('{0} recipients have the address {1}; mail.address must be the primary address of one mailbox.' -f $found.Count, $Mailbox)
}
$kind = [string] $primary[0].RecipientTypeDetails
if ($MailboxKinds -notcontains $kind) {
    throw ('{0} is no mailbox that an application can use, but a {1}. Write the address of a mailbox in mail.address.' -f $Mailbox, $kind)
}
#    The scope is this mailbox itself, by its Guid: whoever gets the address later is not in it.
$ScopeFilter = 'Guid -eq ''{0}''' -f [string] $primary[0].Guid

# 4. The service principal, as Exchange knows it: a reference to the enterprise application in Entra.
#    https://learn.microsoft.com/powershell/module/exchange/new-serviceprincipal
$stale = @($principals | Where-Object { [string] $_.ObjectId -ne $ObjectId })
if ($stale.Count -gt 0) {
    throw ('Exchange knows this application by another object id, {0}: the enterprise application was made anew. Remove that one with Remove-ServicePrincipal, and run this again.' -f $stale[0].ObjectId)
}
if ($principals.Count -eq 0 -and $PSCmdlet.ShouldProcess($ObjectId, 'New-ServicePrincipal')) {
    New-ServicePrincipal -AppId $AppId -ObjectId $ObjectId -DisplayName $ScopeName | Out-Null
}

# 5. The scope: the one mailbox. One with another filter, such as an address, is brought in line and told.
#    https://learn.microsoft.com/powershell/module/exchange/new-managementscope
#    https://learn.microsoft.com/powershell/module/exchange/set-managementscope
if ($scopes.Count -eq 0) {
    if ($PSCmdlet.ShouldProcess($ScopeName, 'New-ManagementScope')) {
        New-ManagementScope -Name $ScopeName -RecipientRestrictionFilter $ScopeFilter | Out-Null
    }
}
elseif ($scopes[0].RecipientFilter -ne $ScopeFilter) {
    Write-Warning ('The scope {0} has another filter, {1}. It becomes the mailbox itself: {2}' -f $ScopeName, $scopes[0].RecipientFilter, $ScopeFilter)
    if ($PSCmdlet.ShouldProcess($ScopeName, 'Set-ManagementScope')) {
        Set-ManagementScope -Identity $ScopeName -RecipientRestrictionFilter $ScopeFilter
    }
}

# 6. The role, within that scope.
#    https://learn.microsoft.com/powershell/module/exchange/new-managementroleassignment
if ($assignments.Count -eq 0 -and $PSCmdlet.ShouldProcess($AssignmentName, 'New-ManagementRoleAssignment')) {
    New-ManagementRoleAssignment -Name $AssignmentName -App $ObjectId -Role $RoleName -CustomResourceScope $ScopeName | Out-Null
}

if ($WhatIfPreference) {
    return
}

# 7. The proof, as far as Exchange gives it. This cmdlet does not wait for Exchange's cache.
#    https://learn.microsoft.com/powershell/module/exchange/test-serviceprincipalauthorization
$allowed = @(Test-ServicePrincipalAuthorization -Identity $ObjectId -Resource $Mailbox)
$allowed | Format-Table -Property 'RoleName', 'GrantedPermissions', 'AllowedResourceScope', 'ScopeType', 'InScope'
$here = @($allowed | Where-Object { $_.RoleName -eq $RoleName -and [string] $_.InScope -eq 'True' })
if ($here.Count -eq 0) {
    throw ('Exchange does not let the application use {0} yet. Run this again in a minute.' -f $Mailbox)
}
$wider = @($here | Where-Object { [string] $_.AllowedResourceScope -ne $ScopeName })
foreach ($row in $wider) {
    Write-Warning ('It may also do so by another assignment, with the scope {0} ({1}).' -f $row.AllowedResourceScope, $row.ScopeType)
}
foreach ($url in $GrantsInEntra) {
    Write-Warning ('{0} is still granted in Entra, for every mailbox. Leave it for two hours, then remove it: DELETE {1}' -f $Permission, $url)
}
Write-Host ('Exchange keeps what an application may do for 30 minutes to 2 hours. Then prove it: provision verify, for the config {0}.' -f $ConfigName)
